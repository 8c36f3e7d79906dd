"""Sealed frames in, sealed probes out; images in, references out."""
