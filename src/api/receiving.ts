// How receivers verify the deliveries of a dialect: recipes as data, code in several languages, and test vectors.

import { Type } from 'typebox'
import type { Dialect } from '../contracts/dialect.ts'
import { type Recipe, receiverLanguages } from '../contracts/recipe.ts'
import { failure, type Result, success } from '../domain/problem.ts'
import type { SuccessAnswer } from '../http/answer.ts'
import { type AnyRoute, route } from '../http/route.ts'
import type { Context } from '../operations/context.ts'
import { Nullable, StringMap } from './shapes.ts'

const closed = { additionalProperties: false }

const HeaderPlace = {
  header: Type.String(),
  separator: Type.Optional(Type.String()),
  prefix: Type.Optional(Type.String()),
}
const MemberPlace = {
  member: Type.Array(Type.Union([Type.String(), Type.Integer()]), {
    description: 'The path of a member of the JSON body.',
  }),
  field: Type.Optional(Type.String({ description: 'The body is a form, and the JSON is in this field.' })),
}
export const SignedPieceSchema = Type.Union([
  Type.Object({ text: Type.String() }, closed),
  Type.Object(HeaderPlace, closed),
  Type.Object(MemberPlace, closed),
  Type.Object(
    { body: Type.Enum(['bytes', 'sha256', 'sha256Hex', 'sha256Base64', 'crc32', 'sortedForm']) },
    { ...closed, description: 'The bytes of the body, or a value that is computed from them.' },
  ),
  Type.Object(
    { known: Type.Enum(['url', 'webhookId']) },
    {
      ...closed,
      description: 'A value that the receiver knows: its URL as it is registered, or the id of its webhook.',
    },
  ),
])
const Signatures = Type.Union([
  Type.Object(
    {
      headers: Type.Array(Type.String()),
      separator: Nullable(Type.String()),
      prefix: Type.String(),
      isRepeated: Type.Boolean({
        description: 'Whether every key signs during a rotation; false: only the newest one.',
      }),
    },
    closed,
  ),
  Type.Object(
    {
      ...MemberPlace,
      separator: Type.Optional(
        Type.String({ description: 'Every key signs during a rotation, and this separates the signatures.' }),
      ),
    },
    closed,
  ),
  Type.Object({ wholeBody: Type.Literal(true) }, closed),
])
const of = Type.Optional(
  Type.Enum(['account', 'apiKey'], { description: "Whose secret signs, if it is not the webhook's." }),
)
const form = Type.Enum(['unixSeconds', 'unixMilliseconds', 'iso'])
export const RecipeSchema = Type.Object(
  {
    signatures: Signatures,
    algorithm: Type.Enum([
      'hmac-sha1',
      'hmac-sha256',
      'hmac-sha512',
      'ed25519',
      'rsa-sha256',
      'ecdsa-p256-sha256',
      'jwt',
      'jws-detached',
      'token',
      'basic',
    ]),
    encoding: Type.Optional(Type.Enum(['hex', 'base64', 'base64url'])),
    ecdsaForm: Type.Optional(Type.Enum(['der', 'p1363'])),
    signed: Type.Optional(
      Type.Array(SignedPieceSchema, { description: 'The pieces that are signed, one after the other.' }),
    ),
    jws: Type.Optional(
      Type.Object(
        {
          algorithm: Type.Enum(['HS256', 'RS256', 'ES256', 'EdDSA']),
          isUnencoded: Type.Optional(
            Type.Literal(true, { description: 'A detached signature is over the body as it is (RFC 7797).' }),
          ),
        },
        { ...closed, description: 'The algorithm of a JSON Web Token or Signature.' },
      ),
    ),
    claims: Type.Optional(
      Type.Record(Type.String(), SignedPieceSchema, {
        description: 'Claims of a JSON Web Token with which the delivery is compared.',
      }),
    ),
    user: Type.Optional(Type.String({ description: 'The user name of basic authentication.' })),
    key: Type.Union([
      Type.Object(
        {
          secret: Type.Enum(['text', 'base64']),
          prefix: Type.Optional(Type.String({ description: 'Precedes the base64 of the secret, and may be absent.' })),
          of,
        },
        closed,
      ),
      Type.Object({ publicKey: Type.Literal('pem') }, closed),
    ]),
    timestamp: Type.Optional(
      // One object in place of a union: generators cannot tell apart parts that share a member.
      Type.Unsafe<NonNullable<Recipe['timestamp']>>(
        Type.Object(
          { ...Type.Partial(Type.Object({ ...HeaderPlace, ...MemberPlace })).properties, form },
          {
            ...closed,
            description: 'The time of sending, with which a receiver refuses old deliveries: in a header, or a member.',
          },
        ),
      ),
    ),
  },
  closed,
)
export const UndescribedSchema = Type.Object({ in: Type.String(), undescribed: Type.String() }, closed)

/** The recipes of a dialect, as `GET /v1/dialects/{name}` shows them. */
export const SignaturesSchema = Type.Array(Type.Union([RecipeSchema, UndescribedSchema]), {
  description: 'How receivers verify deliveries, one recipe per signature. Empty: deliveries are not signed.',
})

export const SnippetsSchema = Type.Object({
  data: Type.Array(
    Type.Object({
      recipe: RecipeSchema,
      snippets: Type.Array(
        Type.Object({
          language: Type.Enum([...receiverLanguages]),
          code: Nullable(Type.String()),
          needs: Nullable(Type.String({ description: 'A package that the code needs, or that is used in its place.' })),
        }),
      ),
    }),
  ),
})
export const VectorsSchema = Type.Object({
  data: Type.Array(
    Type.Object({
      recipe: RecipeSchema,
      vectors: Type.Array(
        Type.Object({
          title: Type.String(),
          isValid: Type.Boolean({ description: 'Whether a correct receiver accepts the delivery.' }),
          secret: Type.String({ description: 'The secret, or the public key in PEM.' }),
          now: Type.Number({ description: "The receiver's clock, Unix time in seconds." }),
          url: Type.String(),
          webhookId: Type.String(),
          headers: StringMap,
          body: Type.String(),
        }),
      ),
    }),
  ),
})

export function receivingRoutes({ dialects }: Context): AnyRoute[] {
  const shared = {
    tag: 'Dialects',
    access: 'read',
    method: 'GET',
    params: Type.Object({ dialect: Type.String() }),
  } as const
  const answer = async (name: string, read: (dialect: Dialect) => unknown): Promise<Result<SuccessAnswer>> => {
    const dialect = dialects.get(name)
    return dialect === undefined
      ? failure({ kind: 'notFound', what: 'dialect', id: name })
      : success({ status: 200, body: { data: await read(dialect) } })
  }
  return [
    route({
      ...shared,
      path: '/v1/dialects/:dialect/snippets',
      operationId: 'getSnippets',
      summary: 'Code that verifies deliveries, in JavaScript, Python, Go, Ruby, PHP and Java',
      answers: { 200: SnippetsSchema },
      handle: ({ params }) => answer(params.dialect, ({ receiving }) => receiving.snippets()),
    }),
    route({
      ...shared,
      path: '/v1/dialects/:dialect/test-vectors',
      operationId: 'getTestVectors',
      summary: 'Deliveries that a correct receiver accepts or refuses, with fixed secrets',
      answers: { 200: VectorsSchema },
      handle: ({ params }) => answer(params.dialect, ({ receiving }) => receiving.vectors()),
    }),
  ]
}
