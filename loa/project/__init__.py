"""Put together: settings, addresses, wiring, the processes and their supervisor."""
