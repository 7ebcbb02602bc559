from django.apps import AppConfig


class OrdersConfig(AppConfig):
    name = "midline.orders"
    label = "orders"
