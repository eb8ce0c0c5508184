"""How Chromium is started: headless, with one way out, and with nothing of its own to do on the network."""

from typing import Any
from urllib.parse import urlsplit

from selenium.webdriver import ChromeOptions

_FLAGS = """
--headless=new --disable-gpu --disable-dev-shm-usage --hide-scrollbars --mute-audio --window-size=1280,1600
--no-first-run --no-default-browser-check --disable-extensions --disable-default-apps --disable-sync
--disable-background-networking --disable-component-update --disable-domain-reliability
--disable-client-side-phishing-detection --disable-breakpad --disable-crash-reporter --disable-notifications
--disable-search-engine-choice-screen --no-pings --disable-quic --proxy-bypass-list=<-loopback> --dns-prefetch-disable
--force-webrtc-ip-handling-policy=disable_non_proxied_udp --disk-cache-size=100000000
--js-flags=--max-old-space-size=512 --blink-settings=imagesEnabled=false --deny-permission-prompts --noerrdialogs
--disable-prompt-on-repost --gaia-url=https://none.invalid --google-base-url=https://none.invalid --use-mock-keychain
--password-store=basic --disable-background-timer-throttling --disable-backgrounding-occluded-windows
--disable-renderer-backgrounding
""".split()
_FEATURES_OFF = """
AutofillServerCommunication CertificateTransparencyComponentUpdater DialMediaRouteProvider DnsOverHttps
HttpsFirstBalancedModeAutoEnable HttpsUpgrades InterestFeedContentSuggestions MediaRouter OptimizationHints
OptimizationGuideModelDownloading PrivacySandboxSettings4 SafeBrowsing Translate
""".split()
_DENIED = """
automatic_downloads background_sync bluetooth_scanning clipboard geolocation hid_guard idle_detection local_fonts
media_stream_camera media_stream_mic midi_sysex notifications payment_handler popups sensors serial_guard usb_guard
""".split()
_PREFERENCES: dict[str, Any] = {
    "session.restore_on_startup": 4,  # these pages: the usual first one is asked of a search engine
    "session.startup_urls": ["about:blank"],
    "profile.default_content_setting_values": dict.fromkeys(_DENIED, 2),
    "signin.allowed": False,
    "credentials_enable_service": False,
    "profile.password_manager_enabled": False,
    "download_restrictions": 3,
    "plugins.always_open_pdf_externally": True,
    "webrtc.ip_handling_policy": "disable_non_proxied_udp",
    "net.network_prediction_options": 2,
    "dns_over_https.mode": "off",
    "search.suggest_enabled": False,
    "safebrowsing.enabled": False,
    "alternate_error_pages.enabled": False,
    "translate.enabled": False,
}
_NOT_TEXT = """
avif bmp eot flac gif ico jpeg jpg m3u8 m4a m4v mkv mov mp3 mp4 ogg otf png ttf wav webm webp woff woff2
""".split()
BLOCKED = [f"*.{ending}{rest}" for ending in _NOT_TEXT for rest in ("", "?*")]
"""
URLs that are not loaded: pictures, fonts, sound and film.

Style sheets are: pages built with Vite or webpack give up loading a part of themselves if its style sheet fails.
"""


def options(*, proxy_url: str, user_agent: str) -> ChromeOptions:
    """
    Options of every session, near or remote.

    Chromium resolves nothing itself: the proxy's own address is the only name that its resolver knows.
    """
    made = ChromeOptions()
    proxy_host = urlsplit(proxy_url).hostname
    for flag in (
        *_FLAGS,
        f"--proxy-server={proxy_url}",
        f"--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE {proxy_host}",
        f"--disable-features={','.join(_FEATURES_OFF)}",
        f"--user-agent={user_agent}",
        "about:blank",
    ):
        made.add_argument(flag)
    made.page_load_strategy = "none"  # the wait is ours, with a deadline of ours
    made.unhandled_prompt_behavior = "dismiss"
    made.set_capability("goog:loggingPrefs", {"performance": "ALL"})
    made.add_experimental_option("perfLoggingPrefs", {"enableNetwork": True, "enablePage": False})
    made.add_experimental_option("excludeSwitches", ["disable-popup-blocking"])
    made.add_experimental_option("prefs", _PREFERENCES)
    return made
