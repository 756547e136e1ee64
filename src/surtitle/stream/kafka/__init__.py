"""What the Kafka source and the Kafka sink share: addresses, errors, the process's name in the group."""
