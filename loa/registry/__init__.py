"""Where, who may, with what: places, people, devices, the library and the ledger."""
