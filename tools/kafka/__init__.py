"""Apache Kafka as a process of this machine, for tests and measurements."""
