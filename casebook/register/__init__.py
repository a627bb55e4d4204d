"""The register: who may use which marks, in which relation and tier, from when until when."""
