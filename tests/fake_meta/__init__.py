"""A strict stand-in for Meta's Graph API, lead webhooks and Conversions API.

It runs in a process of its own on 127.0.0.1 (``python -m tests.fake_meta``); tests
start it with :class:`tests.fake_meta.process.FakeMetaProcess` and steer it with
:class:`tests.fake_meta.control.FakeMetaControl`. See README.md in this folder.
"""
