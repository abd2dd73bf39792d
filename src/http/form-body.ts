// Request bodies that are forms: URL-encoded, or `multipart/form-data`. Both have the same names: `a[b]=1` is a member of
// an object, `a[]=1` an element of a list, and a name that is repeated is a list.

import type { FastifyInstance, FastifyRequest } from 'fastify'
import { limits } from '../domain/limits.ts'
import { acceptJsonBodies, encodingFault, malformed } from './json-body.ts'
import type { ProblemError } from './problem-error.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** Whether the body is a form, so that all of its values are texts. */
    isForm: boolean
  }
}

/** The ways in which callers write a body. */
export type BodyForm = 'json' | 'form' | 'multipart'

export const bodyMediaTypes: Readonly<Record<BodyForm, string>> = {
  json: 'application/json',
  form: 'application/x-www-form-urlencoded',
  multipart: 'multipart/form-data',
}

/** Makes the routes of `app` take bodies of these forms and no others. */
export function acceptBodies(app: FastifyInstance, forms: readonly BodyForm[]): void {
  app.removeAllContentTypeParsers()
  if (forms.includes('json')) acceptJsonBodies(app)
  if (forms.includes('form')) {
    app.addContentTypeParser<Buffer>(
      bodyMediaTypes.form,
      { parseAs: 'buffer' },
      async (request: FastifyRequest, body: Buffer) => {
        request.isForm = true
        const fault = encodingFault(request, body)
        if (fault !== null) throw fault
        request.bodyText = body.toString('utf8')
        return formOf(request.bodyText)
      },
    )
  }
  if (forms.includes('multipart')) {
    app.addContentTypeParser<Buffer>(
      bodyMediaTypes.multipart,
      { parseAs: 'buffer' },
      async (request: FastifyRequest, body: Buffer) => {
        request.isForm = true
        const text = await textOfParts(request.headers['content-type'] ?? '', body)
        if (text instanceof Error) throw text
        const form = await formOf(text)
        request.bodyText = text
        return form
      },
    )
  }
}

type Form = Readonly<Record<string, unknown>>

/** @throws ProblemError */
async function formOf(text: string): Promise<Form> {
  try {
    decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    throw malformed('the body has a % that begins no character')
  }
  // Loaded by the first form: many installations get none.
  const { default: qs } = await import('qs')
  try {
    return qs.parse(text, {
      plainObjects: true,
      parameterLimit: limits.formFieldsMax,
      arrayLimit: limits.formFieldsMax,
      throwOnLimitExceeded: true,
      depth: limits.formDepthMax,
      strictDepth: true,
    })
  } catch {
    throw malformed(
      `the body has more than ${limits.formFieldsMax} fields, or nests deeper than ${limits.formDepthMax} levels`,
    )
  }
}

/** The parts as a URL-encoded form. */
async function textOfParts(mediaType: string, body: Buffer): Promise<string | ProblemError> {
  const fields = new URLSearchParams()
  try {
    const response = new Response(new Uint8Array(body), { headers: { 'content-type': mediaType } })
    for (const [name, value] of await response.formData()) {
      if (typeof value !== 'string') return malformed(`the part ${name} is a file, which is not taken`)
      fields.append(name, value)
    }
  } catch {
    return malformed('the body is not multipart/form-data')
  }
  return fields.toString()
}
