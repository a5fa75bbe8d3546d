"""The payment providers, each one vendor's words made ours."""
