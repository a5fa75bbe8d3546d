"""The write side: commands gathered, decided and committed together."""
