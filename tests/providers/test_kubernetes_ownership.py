"""What is not ours stays as it is, and what a crash left is found again."""

from collections.abc import Iterator

import pytest

from tests.support.providers import CENTRE, UID, Object, Resource, inputs, labels, live, urn
from yunzu import naming
from yunzu.clients.kubernetes import Client
from yunzu.clients.kubernetes_errors import ConflictError
from yunzu.errors import FencedError, NotOursError, UnreachableError
from yunzu.model.connections import Cluster
from yunzu.providers.kubernetes import KubernetesProvider


def test_a_foreign_object_stays_as_it_is(provider, client, namespace) -> None:
    for theirs in ({}, labels("eother"), {naming.LABEL_CENTRE: CENTRE}):
        wanted = inputs("ConfigMap", namespace, data={"a": "ours"})
        foreign = {**wanted, "metadata": {**wanted["metadata"], "labels": theirs}, "data": {"a": "theirs"}}
        made = client.create(foreign, field_manager="them")
        for preview in (False, True):
            with pytest.raises(NotOursError) as caught:
                provider.create(urn("ConfigMap"), wanted, preview=preview, timeout=0)
            assert caught.value.exit_code == 3
        stale = {"metadata": {"uid": "gone"}}
        with pytest.raises(NotOursError):
            provider.update(urn("ConfigMap"), "", wanted, stale, wanted, preview=False, timeout=0)
        provider.delete(urn("ConfigMap"), f"{namespace}/one", wanted, stale, timeout=5)
        assert provider.read(urn("ConfigMap"), f"{namespace}/one", wanted, stale) is None
        assert live(client, wanted)["metadata"]["resourceVersion"] == made["metadata"]["resourceVersion"]
        client.delete("v1", "ConfigMap", "one", namespace)


def test_inputs_without_labels_own_nothing(provider, client, namespace) -> None:
    wanted = inputs("ConfigMap", namespace)
    wanted["metadata"]["labels"] = {}
    client.create(wanted, field_manager="them")
    with pytest.raises(NotOursError):
        provider.create(urn("ConfigMap"), wanted, preview=False, timeout=0)


def test_a_retry_adopts_what_a_crash_left_and_brings_it_up_to_date(provider, client, namespace) -> None:
    old = inputs("ConfigMap", namespace, data={"a": "1", "b": "2"})
    provider.create(urn("ConfigMap"), old, preview=False, timeout=0)
    wanted = inputs("ConfigMap", namespace, data={"a": "3"})
    identifier, outputs = provider.create(urn("ConfigMap"), wanted, preview=False, timeout=0)
    assert identifier == f"{namespace}/one"
    assert outputs["data"] == live(client, wanted)["data"] == {"a": "3"}


class LosesAnswers(Client):
    """A client whose requests reach the server while the answers to its next calls are lost."""

    losses = 0

    def _lose(self) -> None:
        if self.losses > 0:
            self.losses -= 1
            raise UnreachableError(self.host, "does not answer")

    def create(self, obj: Object, *, field_manager: str, dry_run: bool = False) -> Object:
        made = super().create(obj, field_manager=field_manager, dry_run=dry_run)
        self._lose()
        return made

    def get(self, api_version: str, kind: str, name: str, namespace: str | None = None) -> Object:
        found = super().get(api_version, kind, name, namespace)
        self._lose()
        return found


@pytest.fixture
def losing(kubeconfig) -> Iterator[LosesAnswers]:
    client = LosesAnswers(Cluster(kubeconfig=kubeconfig))
    yield client
    client.close()


def test_a_lost_answer_is_looked_up(losing, namespace, effects, client) -> None:
    losing.losses = 1
    provider = KubernetesProvider(
        losing, centre=CENTRE, effects=lambda _: effects, environment_of=lambda _: UID
    )
    wanted = inputs("ConfigMap", namespace, data={"a": "1"})
    _, outputs = provider.create(urn("ConfigMap"), wanted, preview=False, timeout=0)
    assert outputs["metadata"]["uid"] == live(client, wanted)["metadata"]["uid"]


def test_where_nothing_answers_the_next_run_finds_its_own_object(losing, namespace, effects, client) -> None:
    losing.losses = 2
    provider = KubernetesProvider(
        losing, centre=CENTRE, effects=lambda _: effects, environment_of=lambda _: UID
    )
    wanted = inputs("ConfigMap", namespace, data={"a": "1"})
    with pytest.raises(UnreachableError):
        provider.create(urn("ConfigMap"), wanted, preview=False, timeout=0)
    left = live(client, wanted)
    _, outputs = provider.create(urn("ConfigMap"), wanted, preview=False, timeout=0)
    assert outputs["metadata"]["uid"] == left["metadata"]["uid"]


class Swaps(Client):
    """A client after whose next look somebody puts an object of their own in the place of ours."""

    armed = False

    def get(self, api_version: str, kind: str, name: str, namespace: str | None = None) -> Object:
        found = super().get(api_version, kind, name, namespace)
        if self.armed:
            self.armed = False
            super().delete(api_version, kind, name, namespace)
            theirs = {"name": name, "namespace": namespace}
            super().create({"apiVersion": "v1", "kind": kind, "metadata": theirs}, field_manager="them")
        return found


def test_what_took_the_place_of_ours_is_not_deleted(kubeconfig, namespace, effects, client) -> None:
    swapping = Swaps(Cluster(kubeconfig=kubeconfig))
    wanted = inputs("ConfigMap", namespace)
    resource = Resource(
        KubernetesProvider(swapping, centre=CENTRE, effects=lambda _: effects, environment_of=lambda _: UID),
        wanted,
    )
    swapping.armed = True
    with pytest.raises(ConflictError):
        resource.delete()
    assert live(client, wanted)["metadata"]["uid"] != resource.outputs["metadata"]["uid"]
    resource.delete()
    assert "labels" not in live(client, wanted)["metadata"]
    swapping.close()


def test_a_fenced_writer_changes_nothing(provider, client, namespace, effects) -> None:
    wanted = inputs("ConfigMap", namespace, data={"a": "1"})
    resource = Resource(provider, wanted)
    version = live(client, wanted)["metadata"]["resourceVersion"]
    effects.fenced = True
    with pytest.raises(FencedError):
        resource.update(wanted | {"data": {"a": "2"}})
    with pytest.raises(FencedError):
        resource.delete()
    with pytest.raises(FencedError):
        provider.create(urn("ConfigMap"), inputs("ConfigMap", namespace, "two"), preview=False, timeout=0)
    assert live(client, wanted)["metadata"]["resourceVersion"] == version
    assert [
        item["metadata"]["name"]
        for item in client.list("v1", "ConfigMap", namespace, labels=naming.LABEL_CENTRE)
    ] == ["one"]
