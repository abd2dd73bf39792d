# Builds the image for both architectures, with its SBOM and its provenance, and pushes it:
#
#     VERSION=0.1.0 REGISTRY=registry.example.com/posthorn docker buildx bake -f deploy/docker-bake.hcl --push
#
# The tags are the version, and its beginnings: 0.1.0 and 0.1. They follow releases, so `latest` is not among them.

variable "VERSION" {}
variable "REGISTRY" {
  default = "posthorn"
}
variable "REVISION" {
  default = ""
}

target "default" {
  context   = "."
  platforms = ["linux/amd64", "linux/arm64"]
  tags      = ["${REGISTRY}:${VERSION}", "${REGISTRY}:${join(".", slice(split(".", VERSION), 0, 2))}"]
  args = {
    VERSION  = VERSION
    REVISION = REVISION
  }
  attest = ["type=sbom", "type=provenance,mode=max"]
}
