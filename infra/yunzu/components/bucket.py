"""Bucket: one S3 bucket of an environment and the credentials its workloads use.

The bucket is retained when the stack goes: data outlive the application. The credentials go.
"""

import pulumi

from yunzu import naming
from yunzu.model.blueprints import Blueprint, BucketGrant


class Bucket(pulumi.ComponentResource):
    """A bucket, its user in slot `a`, and the Secret that holds the user's keys."""

    def __init__(
        self,
        name: str,
        blueprint: Blueprint,
        grant: BucketGrant,
        namespace: pulumi.Resource,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("yunzu:environment:Bucket", name, None, opts)
        inputs = {
            "name": grant.name,
            "uid": blueprint.uid,
            "versioning": grant.versioning,
            "bytes": grant.bytes,
        }
        bucket = pulumi.CustomResource(
            "yunzu:s3:Bucket",
            f"{name}-bucket",
            inputs,
            pulumi.ResourceOptions(parent=self, retain_on_delete=True),
        )
        credential = {
            "bucket": grant.name,
            "uid": blueprint.uid,
            "claim": grant.claim,
            "slot": "a",
            "namespace": blueprint.namespace,
            "secret": naming.bucket_secret(grant.claim),
            "labels": blueprint.labels,
            "version": 1,
            "enabled": not blueprint.suspended,
        }
        pulumi.CustomResource(
            "yunzu:s3:Credential",
            f"{name}-user-a",
            credential,
            pulumi.ResourceOptions(parent=self, depends_on=[bucket, namespace]),
        )
        self.register_outputs({})
