"""All settings, read once from the environment (app settings in Azure, local.settings.json and dev.py on a laptop)."""

from typing import Literal, Self

from pydantic import Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Plumbline's settings. Each can be given as an environment variable of the same name in capitals."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore", case_sensitive=False, populate_by_name=True)

    backend: Literal["local", "azure"] = Field(
        default="local",
        description="Which adapters to use: `local` is the embedded default, `azure` the services named below.",
    )
    queue_backend: Literal["", "local", "azure"] = Field(
        default="", description="Which adapter the queues use; empty: as `BACKEND` says."
    )
    data_dir: str = Field(default=".plumbline", description="Folder of the embedded databases.")
    sources_file: str = Field(
        default="sources.yaml",
        description="The list of sources to crawl; `registry`: the list that `PUT /api/admin/sources` keeps.",
    )
    base_url: str = Field(
        default="http://localhost:7071", description="Where people reach this app, without a final slash."
    )
    auth: Literal["platform", "loopback"] = Field(
        default="platform",
        description="`platform`: trust Azure's authentication and answer 401 without it. `loopback`: one local user.",
    )
    website_auth_enabled: bool = Field(
        default=False, description="Set by Azure where its authentication is on; never set it by hand."
    )
    contact: str = Field(
        default="", max_length=200, description="Contact named in the crawler's User-Agent: a URL or an address."
    )

    features_queue: str = Field(default="features", description="Queue of documents to build features for.")
    crawl_queue: str = Field(default="crawl", description="Queue of crawl slices.")
    crawl_schedule: str = Field(default="*/15 * * * * *", description="NCRONTAB: how often to look for due sources.")
    sweep_schedule: str = Field(
        default="0 */5 * * * *", description="NCRONTAB: how often to look for documents left behind."
    )
    cosmos_database: str = Field(default="plumbline", description="Cosmos DB database.")
    documents_container: str = Field(default="documents", description="Cosmos DB container whose changes are relayed.")
    leases_container: str = Field(default="leases", description="Cosmos DB container of change-feed leases.")

    azure_client_id: str = Field(
        default="", description="Client id of the managed identity; empty: the developer's own login."
    )
    identity_endpoint: str = Field(
        default="", description="Set by Azure where the app has a managed identity; never set it by hand."
    )
    cosmos_endpoint: str = Field(
        default="",
        validation_alias="COSMOS__accountEndpoint",
        description="Cosmos DB account, as the trigger's connection names it.",
    )
    storage_connection: SecretStr = Field(
        default=SecretStr(""),
        validation_alias="AzureWebJobsStorage",
        description="Connection string of a storage emulator on a laptop; not set in Azure.",
    )
    queue_endpoint: str = Field(
        default="",
        validation_alias="AzureWebJobsStorage__queueServiceUri",
        description="Queue Storage account, as the triggers' connection names it.",
    )
    search_endpoint: str = Field(default="", description="AI Search service.")
    search_analyzer: str = Field(
        default="", description="Analyzer of texts in AI Search; empty: English words without accents, stemmed."
    )
    search_quantization: Literal["none", "scalar", "binary"] = Field(
        default="none", description="Compression of vectors in AI Search, with rescoring."
    )
    search_semantic: bool = Field(default=False, description="Let AI Search's semantic ranker order the text arm.")
    search_visibility_s: float = Field(
        default=60, ge=0, le=600, description="How long a write to AI Search may stay invisible, seconds."
    )
    model_token_scope: str = Field(
        default="https://ai.azure.com/.default",
        description="Scope of the tokens for model endpoints that are given no key.",
    )

    crawl_slice_pages: int = Field(default=500, ge=1, le=100_000, description="Most pages fetched in one crawl slice.")
    crawl_slice_s: float = Field(default=60, ge=1, le=1_500, description="Longest time of one crawl slice, seconds.")
    fetch_timeout_s: float = Field(default=30, ge=1, le=300, description="Longest time for one page, seconds.")
    fetch_max_bytes: int = Field(default=20_000_000, ge=10_000, description="Largest page, bytes after decompression.")
    fetch_concurrency: int = Field(default=8, ge=1, le=64, description="Concurrent requests to one host.")

    personal_data_regions: str = Field(
        default="US",
        description="Countries whose national phone numbers count as personal data: ISO 3166, with commas.",
    )
    browser_url: str = Field(
        default="",
        description="Remote WebDriver for `render: browser`; empty: Chromium and its driver on this machine.",
    )
    browser_proxy_url: str = Field(
        default="", description="The filtering proxy beside a remote browser: its only way to the network."
    )

    chunk_tokens: int = Field(default=150, ge=50, le=8_000, description="Target length of a chunk, tokens.")
    embedding_endpoint: str = Field(
        default="", description="Base URL of an OpenAI-compatible API for embeddings; empty: the embedded MiniLM model."
    )
    embedding_model: str = Field(default="", description="Model (in Azure: deployment) at EMBEDDING_ENDPOINT.")
    embedding_api_key: SecretStr = Field(
        default=SecretStr(""), description="Key for EMBEDDING_ENDPOINT, if it wants one."
    )
    embedding_dimensions: int = Field(
        default=0, ge=0, le=8_192, description="Vector length to ask for; 0: the model's own."
    )
    embedding_max_tokens: int = Field(
        default=8_191, ge=64, description="Longest input of the model at EMBEDDING_ENDPOINT."
    )
    chat_endpoint: str = Field(
        default="",
        description="Base URL of an OpenAI-compatible API for answers; empty: the embedded extractive model.",
    )
    chat_model: str = Field(default="", description="Model (in Azure: deployment) at CHAT_ENDPOINT.")
    chat_api_key: SecretStr = Field(default=SecretStr(""), description="Key for CHAT_ENDPOINT, if it wants one.")
    model_timeout_s: float = Field(default=60, ge=1, le=600, description="Longest wait for a model's answer, seconds.")

    top_passages: int = Field(default=6, ge=1, le=20, description="Passages handed to the chat model.")
    applicationinsights_connection_string: SecretStr = Field(
        default=SecretStr(""), description="Application Insights; empty: nothing is sent there."
    )
    otel_exporter_otlp_endpoint: str = Field(
        default="",
        description="Receiver of traces, metrics and logs by OTLP over HTTP; the other `OTEL_` variables work too.",
    )
    embedding_price: float = Field(default=0, ge=0, description="Price of a million tokens that are embedded.")
    chat_prompt_price: float = Field(default=0, ge=0, description="Price of a million tokens that a chat model reads.")
    chat_completion_price: float = Field(
        default=0, ge=0, description="Price of a million tokens that a chat model writes."
    )
    trace_content: bool = Field(default=False, description="Keep questions and answers in the ledger and logs.")
    conversation_ttl_days: int = Field(default=30, ge=1, le=3_650, description="How long chat history is kept.")
    snapshot_ttl_days: int = Field(default=365, ge=1, description="How long superseded snapshots are kept.")
    tombstone_ttl_days: int = Field(default=90, ge=90, description="How long tombstones are kept.")
    status_cache_s: float = Field(default=1, ge=0, le=60, description="How long one status report is reused, seconds.")

    @model_validator(mode="after")
    def _models_are_complete(self) -> Self:
        missing = [
            f"{name}_MODEL"
            for name in ("EMBEDDING", "CHAT")
            if getattr(self, f"{name.lower()}_endpoint") and not getattr(self, f"{name.lower()}_model")
        ]
        if missing:
            raise ValueError("an endpoint needs its model's name too: set " + ", ".join(missing))
        return self

    @model_validator(mode="after")
    def _services_are_named(self) -> Self:
        wanted = {}
        if self.backend == "azure":
            wanted = {"COSMOS__accountEndpoint": self.cosmos_endpoint, "SEARCH_ENDPOINT": self.search_endpoint}
        if (self.queue_backend or self.backend) == "azure":
            storage = self.queue_endpoint or self.storage_connection.get_secret_value()
            wanted["AzureWebJobsStorage__queueServiceUri"] = storage
        if missing := [name for name, value in wanted.items() if not value]:
            raise ValueError("BACKEND=azure needs its services: set " + ", ".join(missing))
        return self

    @property
    def regions(self) -> tuple[str, ...]:
        """`personal_data_regions` as codes."""
        return tuple(code.strip().upper() for code in self.personal_data_regions.split(",") if code.strip())

    @classmethod
    def environment_name(cls, field: str) -> str:
        """The environment variable (in Azure: app setting) that gives a field."""
        alias = cls.model_fields[field].validation_alias
        return str(alias) if alias else field.upper()
