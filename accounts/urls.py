"""Addresses of accounts; allauth's pages live under our names for them."""

app_name = "accounts"

urlpatterns: list = []
