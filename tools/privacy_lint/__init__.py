"""A lint of our own: no image, template or key reaches a logger, an exception, a repr or a file.

It judges by names and syntax, so it finds mistakes, not malice. A line that is right although a
rule says otherwise carries its reason, ``# privacy: <reason>``, or has it alone on the line above.
Waivers are listed with every run, and one that waives nothing is a finding itself.
"""
