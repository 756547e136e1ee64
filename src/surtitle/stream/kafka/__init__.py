"""What the Kafka source and the Kafka sink share: addresses, errors, patience, the process's name in the group."""
