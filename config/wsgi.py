"""The WSGI application that granian serves.

What is loaded by then lives as long as the process: it is taken out of what the garbage collector looks through, a tenth of a page's time.
"""

import gc
import os

from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
application = get_wsgi_application()
# Loads every view now rather than with the first request.
get_resolver().url_patterns  # noqa: B018 - read for what it loads
gc.collect()
gc.freeze()
