from . import extension, webhook
