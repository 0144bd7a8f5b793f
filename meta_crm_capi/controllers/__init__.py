from . import access_log, extension, webhook
