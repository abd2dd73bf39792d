import { useState } from 'react'
import { SelectField } from '../../shared/parts/fields.tsx'
import { Code } from '../../shared/parts/Code.tsx'
import { Empty, Failure, Loading, Notice } from '../../shared/parts/Notice.tsx'
import { Page, Section } from '../../shared/parts/Page.tsx'
import { useRead } from '../../shared/queries.ts'
import type { Snippets } from '../../shared/types.ts'
import { useSession } from '../shell/session.ts'

/** How a server verifies that a request comes from the product, as code. */
export function Verify() {
  const { dialect } = useSession()
  const { data, error } = useRead<Snippets>(`/portal/api/v1/dialects/${dialect}/snippets`)
  const [language, setLanguage] = useState('javascript')
  if (data === undefined) return error ? <Failure error={error} /> : <Loading what="the code" />
  const languages = data.data[0]?.snippets.map((snippet) => snippet.language) ?? []
  return (
    <Page
      title="Verify"
      lead="Each request is signed. Your server should verify the signature over the bytes of the body as they arrive, before it reads them."
    >
      {data.data.length === 0 && <Empty title="Requests are not signed" />}
      {languages.length > 0 && (
        <SelectField label="Language" value={language} onChange={({ target }) => setLanguage(target.value)}>
          {languages.map((name) => (
            <option key={name}>{name}</option>
          ))}
        </SelectField>
      )}
      {data.data.map(({ snippets }, index) => {
        const snippet = snippets.find((one) => one.language === language)
        return (
          <Section key={index} title={data.data.length > 1 ? `Signature ${index + 1}` : undefined}>
            {typeof snippet?.needs === 'string' && <Notice title={`Needs ${snippet.needs}`} />}
            {typeof snippet?.code !== 'string' ? (
              <p>There is no code for this language.</p>
            ) : (
              <Code title={language}>{snippet.code}</Code>
            )}
          </Section>
        )
      })}
    </Page>
  )
}
