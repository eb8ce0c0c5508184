"""Languages of source code and configuration: what their files are called."""

CODE: dict[str, tuple[str, str]] = {
    suffix: (language, media_type or f"text/x-{language}")
    for suffixes, language, media_type in (
        (".py .pyi", "python", ""),
        (".js .mjs .cjs .jsx", "javascript", "text/javascript"),
        (".ts .tsx", "typescript", ""),
        (".java", "java", ""),
        (".kt .kts", "kotlin", ""),
        (".scala", "scala", ""),
        (".groovy .gradle", "groovy", ""),
        (".go", "go", ""),
        (".rs", "rust", ""),
        (".c .h", "c", ""),
        (".cc .cpp .cxx .hpp .hh", "cpp", "text/x-c++"),
        (".cs", "csharp", ""),
        (".fs", "fsharp", ""),
        (".vb", "vb", ""),
        (".swift", "swift", ""),
        (".m", "objectivec", ""),
        (".rb", "ruby", ""),
        (".php", "php", ""),
        (".pl .pm", "perl", ""),
        (".lua", "lua", ""),
        (".r", "r", ""),
        (".jl", "julia", ""),
        (".dart", "dart", ""),
        (".ex .exs", "elixir", ""),
        (".erl", "erlang", ""),
        (".hs", "haskell", ""),
        (".clj", "clojure", ""),
        (".sql", "sql", "application/sql"),
        (".sh .bash .zsh", "sh", ""),
        (".ps1 .psm1 .psd1", "powershell", ""),
        (".bat .cmd", "bat", ""),
        (".bicep .bicepparam", "bicep", ""),
        (".tf .tfvars .hcl", "hcl", ""),
        (".yaml .yml", "yaml", "application/yaml"),
        (".json .jsonc", "json", "application/json"),
        (".toml", "toml", "application/toml"),
        (".ini .cfg .conf .properties", "ini", ""),
        (".xml .xsd .xsl", "xml", "application/xml"),
        (".css .scss .less", "css", "text/css"),
        (".vue", "vue", ""),
        (".graphql .gql", "graphql", ""),
        (".proto", "protobuf", ""),
        (".kql", "kusto", ""),
        (".tex", "tex", ""),
        (".cmake", "cmake", ""),
    )
    for suffix in suffixes.split()
}
"""By suffix: the language as fenced code blocks name it, and the media type."""
CODE_NAMES: dict[str, tuple[str, str]] = {
    "dockerfile": ("dockerfile", "text/x-dockerfile"),
    "makefile": ("makefile", "text/x-makefile"),
    "jenkinsfile": ("groovy", "text/x-groovy"),
    "cmakelists.txt": ("cmake", "text/x-cmake"),
}
"""The same for files that are known by their whole name, lower case."""
