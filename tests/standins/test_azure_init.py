"""`azure init` makes the index and the alias, with the operator's role on the search service and no other."""

import argparse

from azure.search.documents.indexes import SearchIndexClient

from local.commands import azure_init

SEARCH_ONLY = "https://nowhere.invalid"


def test_init_makes_index_and_alias_without_asking_any_other_store(
    stand_ins, credential, tmp_path, monkeypatch, capsys
):
    monkeypatch.setenv("BACKEND", "azure")
    monkeypatch.setenv("COSMOS__accountEndpoint", SEARCH_ONLY)
    monkeypatch.setenv("AzureWebJobsStorage__queueServiceUri", SEARCH_ONLY)
    monkeypatch.setattr(azure_init, "azd_values", dict)
    options = argparse.Namespace(data=str(tmp_path), port=7071, sources="", wait=0.0, move_alias=False)

    assert azure_init.run(options) == 0
    made = capsys.readouterr().out.splitlines()
    assert azure_init.run(options) == 0

    assert capsys.readouterr().out.splitlines() == made
    index = made[0].removeprefix("index ")
    assert made[1] == f"alias chunks -> {index}"
    with SearchIndexClient(stand_ins.url, credential) as indexes:
        assert indexes.get_alias("chunks").indexes == [index]
        monkeypatch.setenv("CHUNK_TOKENS", "200")
        azure_init.run(options)
        assert indexes.get_alias("chunks").indexes == [index]
        options.move_alias = True
        azure_init.run(options)
        assert indexes.get_alias("chunks").indexes != [index]
        indexes.delete_alias("chunks")
