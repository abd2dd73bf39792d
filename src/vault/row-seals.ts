// Seals what an owner of the database could misuse. A seal covers the whole meaning of a row: an endpoint's secrets and
// headers open only for its own tenant, dialect, URL, event types, filters and details, and a key counts only with a seal for its
// hash and rights. Seals belong to one installation (its binding), so that rows of another copy do not count in it.

import type { ApiKey } from '../domain/api-key.ts'
import type { Endpoint, SigningSecret } from '../domain/endpoint.ts'
import type { SealedEndpoint, SealedTenant } from '../contracts/upkeep-store.ts'
import type { StoredEndpoint, StoredKey, StoredOperatorKey } from '../contracts/account-store.ts'
import type { StoredPortalLink } from '../contracts/portal-store.ts'
import type { PortalLink } from '../domain/portal-link.ts'
import { type Vault, VaultError } from './vault.ts'

type SealedHeaders = Pick<Endpoint, 'headers' | 'writeOnlyHeaders'>
type SealedFields = Pick<Endpoint, 'secrets'> & SealedHeaders
type TenantSubject = Pick<SealedTenant, 'id' | 'dialect' | 'createdAt'>
type EndpointSubject = Omit<SealedEndpoint, 'sealedSecrets' | 'sealedHeaders'>

export class RowSeals {
  /** The vault without the binding. */
  readonly plain: Vault
  /** Seals and opens values of this installation. */
  readonly vault: Vault

  /** @param binding a text that no other installation has */
  constructor(plain: Vault, binding: string) {
    this.plain = plain
    this.vault = plain.boundTo(binding)
  }

  /**
   * Returns the endpoint as stored, with sealed secrets and headers.
   *
   * @param dialect the dialect of its tenant
   * @param uniqueKey no two endpoints of a tenant have the same key; null: the endpoint has none
   */
  storedEndpoint(endpoint: Endpoint, dialect: string, uniqueKey: string | null): StoredEndpoint {
    const { secrets, headers, writeOnlyHeaders, ...rest } = endpoint
    const subject = { ...rest, dialect }
    return {
      ...rest,
      uniqueKey,
      sealedSecrets: this.vault.seal(JSON.stringify(secrets), endpointContext(subject, 'secrets')),
      sealedHeaders: this.vault.seal(headersText({ headers, writeOnlyHeaders }), endpointContext(subject, 'headers')),
    }
  }

  /** Opens the sealed values. @throws VaultError if anything that they are sealed for was changed */
  openEndpoint(sealed: SealedEndpoint): SealedFields {
    const secrets = this.vault.open(sealed.sealedSecrets, endpointContext(sealed, 'secrets'))
    const headers = this.vault.open(sealed.sealedHeaders, endpointContext(sealed, 'headers'))
    return { secrets: JSON.parse(secrets) as SigningSecret[], ...(JSON.parse(headers) as SealedHeaders) }
  }

  storedTenantSecrets(tenant: TenantSubject, secrets: readonly SigningSecret[]): string {
    return this.vault.seal(JSON.stringify(secrets), tenantContext(tenant))
  }

  /** @throws VaultError if the secrets were changed, or are those of another tenant */
  openTenantSecrets(tenant: TenantSubject, sealed: string): readonly SigningSecret[] {
    return JSON.parse(this.vault.open(sealed, tenantContext(tenant))) as SigningSecret[]
  }

  /**
   * @param hash SHA-256 of the key, hex
   * @param text the key itself, if deliveries are signed with it; default: it is not kept
   */
  storedKey({ tenants, ...key }: ApiKey, hash: string, text = ''): StoredKey {
    const grants = tenants.map((tenant) => ({ tenant, seal: this.vault.seal('', grantContext(key, tenant)) }))
    return { ...key, hash, grants, seal: this.vault.seal(text, keyContext({ ...key, hash })) }
  }

  /** The key itself, if it was kept and is not revoked; null: it is not. */
  openKeyText(key: StoredKey): string | null {
    return this.openKey(key) === null ? null : this.vault.open(key.seal, keyContext(key)) || null
  }

  /** The key with the tenants that it grants; null: nothing proves what the key is, or one of its tenants. */
  openKey(key: StoredKey): ApiKey | null {
    const isProved =
      this.#proves(key.seal, keyContext(key)) &&
      key.grants.every(({ tenant, seal }) => this.#proves(seal, grantContext(key, tenant)))
    return isProved ? apiKeyOf(key) : null
  }

  storedOperatorKey(key: Omit<StoredOperatorKey, 'seal'>): StoredOperatorKey {
    return { ...key, seal: this.vault.seal('', operatorKeyContext(key)) }
  }

  /** Whether its seal proves the operator key. */
  provesOperatorKey(key: StoredOperatorKey): boolean {
    return this.#proves(key.seal, operatorKeyContext(key))
  }

  storedPortalLink({ capabilities, branding, ...link }: PortalLink, hash: string): StoredPortalLink {
    const rights = JSON.stringify({ capabilities, branding } satisfies PortalRights)
    return { ...link, hash, sealed: this.vault.seal(rights, portalLinkContext({ ...link, hash })) }
  }

  /** Null: nothing proves the link. */
  openPortalLink({ hash, sealed, ...link }: StoredPortalLink): PortalLink | null {
    try {
      const rights = JSON.parse(this.vault.open(sealed, portalLinkContext({ ...link, hash }))) as PortalRights
      return { ...link, ...rights }
    } catch (error) {
      if (error instanceof VaultError) return null
      throw error
    }
  }

  #proves(seal: string, context: string): boolean {
    try {
      this.vault.open(seal, context)
      return true
    } catch (error) {
      if (error instanceof VaultError) return false
      throw error
    }
  }
}

type PortalRights = Pick<PortalLink, 'capabilities' | 'branding'>

/** The text that is sealed as the headers of an endpoint. */
export function headersText({ headers, writeOnlyHeaders }: SealedHeaders): string {
  return JSON.stringify({ headers, writeOnlyHeaders })
}

/** A stored key without its hash and seals. */
export function apiKeyOf({ hash: _hash, seal: _seal, grants, ...key }: StoredKey): ApiKey {
  return { ...key, tenants: grants.map(({ tenant }) => tenant) }
}

// Contexts are JSON, so that no two rows have the same one.

export function endpointContext(endpoint: EndpointSubject, column: 'secrets' | 'headers'): string {
  const { tenant, dialect, key, id, url, eventTypes, filters, details } = endpoint
  const all = ['endpoint', column, tenant, dialect, key, id, url, eventTypes, filters]
  // An endpoint without details has the context that older versions gave it.
  return JSON.stringify(Object.keys(details).length === 0 ? all : [...all, details])
}

/** A new tenant may have the id of one that was deleted, so its time of creation counts too. */
export function tenantContext({ id, dialect, createdAt }: TenantSubject): string {
  return JSON.stringify(['tenant secrets', id, dialect, createdAt])
}

export function keyContext({ id, hash, dialect, scopes, role }: Omit<StoredKey, 'seal' | 'grants'>): string {
  return JSON.stringify(['key', id, hash, dialect, scopes, role])
}

export function grantContext({ id }: Pick<StoredKey, 'id'>, tenant: string): string {
  return JSON.stringify(['grant', id, tenant])
}

export function operatorKeyContext(key: Omit<StoredOperatorKey, 'seal'>): string {
  const { id, hash, name, role, createdAt, expiresAt } = key
  return JSON.stringify(['operator key', id, hash, name, role, createdAt, expiresAt])
}

function portalLinkContext({
  id,
  tenant,
  hash,
  createdAt,
  expiresAt,
  endsAt,
}: Omit<StoredPortalLink, 'sealed'>): string {
  return JSON.stringify(['portal link', id, tenant, hash, createdAt, expiresAt, endsAt])
}
