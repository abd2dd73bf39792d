// How a receiver verifies the deliveries of a dialect, as plain data.

/** A text in a header. With `separator`, it is the first of the separated entries that begin with `prefix`. */
export interface HeaderPlace {
  readonly header: string
  readonly separator?: string
  /** It precedes the text and does not belong to it. */
  readonly prefix?: string
}

/** A member of a JSON body: `['signature', 'token']`. A text is signed without its quotes, and a number as it is written. */
export interface MemberPlace {
  readonly member: readonly (string | number)[]
  /** The body is a form, and the member is in the JSON of this field; absent: the whole body is JSON. */
  readonly field?: string
}

/**
 * A piece of the signed text: a constant, a text of the delivery, the body or something computed from it, or a value that
 * the receiver knows: its URL as it is registered, or the id of its webhook.
 */
export type SignedPiece =
  | { readonly text: string }
  | HeaderPlace
  | MemberPlace
  | { readonly body: 'bytes' | 'sha256' | 'sha256Hex' | 'sha256Base64' | 'crc32' | 'sortedForm' }
  | { readonly known: 'url' | 'webhookId' }

/** The headers with the signatures. */
export interface SignatureHeaders {
  /** Several: each holds one signature, and some may be absent. */
  readonly headers: readonly string[]
  /** Separates several signatures, and other entries; null: the header holds one signature. */
  readonly separator: string | null
  /** Precedes each signature. */
  readonly prefix: string
  /** Whether every key signs during a rotation; false: only the newest one. */
  readonly isRepeated: boolean
}

/** Whose secret signs, if it is not that of the webhook: the customer's account, or the API key itself. */
export type SecretOwner = 'account' | 'apiKey'

export type RecipeAlgorithm =
  | 'hmac-sha1'
  | 'hmac-sha256'
  | 'hmac-sha512'
  | 'ed25519'
  | 'rsa-sha256'
  | 'ecdsa-p256-sha256'
  /** A JSON Web Token, or a detached JSON Web Signature over the body. */
  | 'jwt'
  | 'jws-detached'
  /** The secret itself, or as the password of HTTP's basic authentication. */
  | 'token'
  | 'basic'

export type JwsAlgorithm = 'HS256' | 'RS256' | 'ES256' | 'EdDSA'

/** The member of the body with the signature. */
export interface SignatureMember extends MemberPlace {
  /** Every key signs during a rotation, and this separates the signatures. Absent: only the newest key signs. */
  readonly separator?: string
}

/** How one signature of a delivery is verified. */
export interface Recipe {
  /** Where the signatures are. `wholeBody`: the body is the token. */
  readonly signatures: SignatureHeaders | SignatureMember | { readonly wholeBody: true }
  readonly algorithm: RecipeAlgorithm
  /** The form of each signature. For ECDSA, the bytes are DER, or r and s (`p1363`). */
  readonly encoding?: 'hex' | 'base64' | 'base64url'
  readonly ecdsaForm?: 'der' | 'p1363'
  /** The pieces that are signed, one after the other. Absent: tokens, basic authentication and JSON Web Tokens. */
  readonly signed?: readonly SignedPiece[]
  /** The algorithm of a JSON Web Token or Signature. `isUnencoded`: it is over the body as it is (RFC 7797). */
  readonly jws?: { readonly algorithm: JwsAlgorithm; readonly isUnencoded?: true }
  /** Claims of a JSON Web Token with which the delivery is compared. */
  readonly claims?: Readonly<Record<string, SignedPiece>>
  /** The user name of basic authentication. */
  readonly user?: string
  /**
   * The key: the bytes of the secret's text, the bytes that follow in base64 after the prefix of the secret (the prefix
   * may be absent), or the public key of the installation in PEM.
   */
  readonly key:
    | { readonly secret: 'text' | 'base64'; readonly prefix?: string; readonly of?: SecretOwner }
    | { readonly publicKey: 'pem' }
  /** The time of sending among the signed pieces, with which a receiver refuses old deliveries. */
  readonly timestamp?: (HeaderPlace | MemberPlace) & { readonly form: 'unixSeconds' | 'unixMilliseconds' | 'iso' }
}
