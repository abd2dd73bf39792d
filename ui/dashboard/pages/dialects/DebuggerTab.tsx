import { useEffect, useState } from 'react'
import { SelectField, TextArea, TextField } from '../../../shared/parts/fields.tsx'
import { Empty, Notice } from '../../../shared/parts/Notice.tsx'
import { Section } from '../../../shared/parts/Page.tsx'
import { TimeField } from '../../../shared/parts/TimeField.tsx'
import { queryClient } from '../../../shared/queries.ts'
import type { Dialect, Page } from '../../../shared/types.ts'
import { utf8 } from '../../../../packages/verify/src/bytes.ts'
import type { Verification } from '../../../../packages/verify/src/checks.ts'
import { diagnose, type Mistake } from '../../../../packages/verify/src/diagnose.ts'
import { pastedHeaders } from '../../../../packages/verify/src/headers.ts'
import type { Scheme } from '../../../../packages/verify/src/schemes.ts'
import { checkDelivery } from '../../../../packages/verify/src/check-delivery.ts'
import { signatureTitle } from '../../../../packages/verify/src/words.ts'
import type { DialectPartProps } from './dialect-part.ts'
import styles from './dialects.module.css'
import { Verdict } from './Verdict.tsx'

type Recipe = Extract<Dialect['signatures'][number], { algorithm: unknown }>

interface Given {
  readonly headers: string
  readonly body: string
  readonly secret: string
  readonly url: string
  readonly webhookId: string
  /** ISO 8601; empty: now. */
  readonly arrivedAt: string
}

const nothing: Given = { headers: '', body: '', secret: '', url: '', webhookId: '', arrivedAt: '' }

/** Verifies a delivery in this browser, and says which step fails. */
export function DebuggerTab({ dialect, search, change }: DialectPartProps) {
  const recipes = dialect.signatures.filter((one) => 'algorithm' in one)
  const chosen = Math.min(Math.max(Number(search['signature'] ?? 0) || 0, 0), recipes.length - 1)
  const recipe = recipes[chosen]
  const [given, setGiven] = useState(nothing)
  const result = useVerification(recipe, given)
  if (recipe === undefined) {
    return <Empty title="No signature of this dialect can be verified here">None has a description.</Empty>
  }
  const { odd } = pastedHeaders(given.headers)
  return (
    <>
      <Notice title="The pasted texts stay in this browser.">
        They are verified here, by the recipe of the dialect. They are sent nowhere and not stored.
      </Notice>
      <div className={styles.halves}>
        <Section title="Delivery">
          {recipes.length > 1 && (
            <SelectField
              label="Signature"
              value={chosen}
              onChange={({ target }) => change({ signature: target.value === '0' ? undefined : target.value })}
            >
              {recipes.map((one, index) => (
                <option key={index} value={index}>
                  {signatureTitle(one)}
                </option>
              ))}
            </SelectField>
          )}
          <Fields recipe={recipe} given={given} setGiven={setGiven} odd={odd} />
        </Section>
        <Section title="Result">
          {result === null ? (
            <p className={styles.soft}>The result appears here when there are headers and a {keyWord(recipe)}.</p>
          ) : 'failure' in result ? (
            <Notice kind="bad" title="This browser cannot verify it.">
              {result.failure}
            </Notice>
          ) : (
            <Verdict {...result} isNow={given.arrivedAt === ''} />
          )}
        </Section>
      </div>
    </>
  )
}

interface FieldsProps {
  readonly recipe: Recipe
  readonly given: Given
  readonly setGiven: (given: Given) => void
  readonly odd: readonly string[]
}

function Fields({ recipe, given, setGiven, odd }: FieldsProps) {
  const known = recipe.signed?.flatMap((piece) => ('known' in piece ? [piece.known] : [])) ?? []
  const set = (change: Partial<Given>) => setGiven({ ...given, ...change })
  return (
    <>
      <TextArea
        label="Headers"
        hint="Lines of a request, options of curl, or a JSON object."
        rows={8}
        value={given.headers}
        onChange={({ target }) => set({ headers: target.value })}
        error={odd.length === 0 ? undefined : `This is no header: ${odd[0]?.slice(0, 100)}`}
      />
      <TextArea
        label="Body"
        hint="The bytes as they arrived, before anything parsed them."
        rows={8}
        value={given.body}
        onChange={({ target }) => set({ body: target.value })}
      />
      {'publicKey' in recipe.key ? (
        <TextArea
          label="Public key"
          hint="PEM, as GET /v1/dialects/{dialect}/public-key has it."
          value={given.secret}
          onChange={({ target }) => set({ secret: target.value })}
        />
      ) : (
        <TextField label="Secret" value={given.secret} onChange={({ target }) => set({ secret: target.value })} />
      )}
      {known.includes('url') && (
        <TextField
          label="URL of the webhook"
          hint="As it is registered: it is a part of the signed text."
          value={given.url}
          onChange={({ target }) => set({ url: target.value })}
        />
      )}
      {known.includes('webhookId') && (
        <TextField
          label="Id of the webhook"
          value={given.webhookId}
          onChange={({ target }) => set({ webhookId: target.value })}
        />
      )}
      {recipe.timestamp !== undefined && (
        <TimeField label="Arrived at (empty: now)" value={given.arrivedAt} onDone={(arrivedAt) => set({ arrivedAt })} />
      )}
    </>
  )
}

type Result =
  | { readonly verification: Verification; readonly mistakes: readonly Mistake[] }
  | { readonly failure: string }

function keyWord({ key }: Recipe): string {
  return 'publicKey' in key ? 'public key' : 'secret'
}

/** Null: there is nothing to verify. */
function useVerification(recipe: Recipe | undefined, given: Given): Result | null {
  const [result, setResult] = useState<Result | null>(null)
  useEffect(() => {
    let isCurrent = true
    const show = (found: Result | null): void => {
      if (isCurrent) setResult(found)
    }
    if (recipe === undefined || given.headers.trim() === '' || given.secret === '') show(null)
    else {
      resultOf(recipe, given).then(show, (error: unknown) =>
        show({ failure: error instanceof Error ? error.message : String(error) }),
      )
    }
    return () => {
      isCurrent = false
    }
  }, [recipe, given])
  return result
}

async function resultOf(recipe: Recipe, { headers, body, secret, url, webhookId, arrivedAt }: Given): Promise<Result> {
  if (!isSecureContext) return { failure: 'Browsers offer cryptography to pages of https and localhost alone.' }
  const delivery = { headers: pastedHeaders(headers).headers, body: utf8(body), url, webhookId }
  const receiver = { secret, now: (arrivedAt === '' ? Date.now() : Date.parse(arrivedAt)) / 1000 }
  const verification = await checkDelivery(recipe, delivery, receiver)
  const differs = verification.checks.some(({ step, fault }) => step !== 'time' && fault !== null)
  return { verification, mistakes: differs ? await diagnose(recipe, delivery, receiver, servedSchemes()) : [] }
}

/** The recipes of the dialects that a page has read before: no request is made for them. */
function servedSchemes(): readonly Scheme[] {
  const reads = queryClient.getQueriesData<Page<Dialect>>({ queryKey: ['/v1/dialects'] })
  const dialects = reads.flatMap(([, page]) => page?.data ?? [])
  return dialects.flatMap(({ title, signatures }) =>
    signatures.flatMap((one) => ('algorithm' in one ? [{ name: title, recipe: one }] : [])),
  )
}
