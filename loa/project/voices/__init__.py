"""Installing voices: `loa voices`."""
