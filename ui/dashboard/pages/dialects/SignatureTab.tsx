import { Button } from '../../../shared/parts/Button.tsx'
import { Code } from '../../../shared/parts/Code.tsx'
import { download } from '../../../shared/download.ts'
import { Empty, Failure, Loading, Notice } from '../../../shared/parts/Notice.tsx'
import { Section } from '../../../shared/parts/Page.tsx'
import { PlainTable } from '../../../shared/parts/PlainTable.tsx'
import { Badge } from '../../../shared/parts/Status.tsx'
import { useRead } from '../../../shared/queries.ts'
import type { Snippets, Vectors } from '../../../shared/types.ts'
import { recipeSteps, signatureTitle } from '../../../../packages/verify/src/words.ts'
import type { DialectPartProps } from './dialect-part.ts'
import styles from './dialects.module.css'

const languages = {
  javascript: 'JavaScript',
  python: 'Python',
  go: 'Go',
  ruby: 'Ruby',
  php: 'PHP',
  java: 'Java',
} as const

/** How a receiver verifies deliveries: in words, as code, and as test vectors. */
export function SignatureTab({ dialect, search, change }: DialectPartProps) {
  const { signatures, name } = dialect
  const path = `/v1/dialects/${encodeURIComponent(name)}`
  const snippets = useRead<Snippets>(`${path}/snippets`)
  const vectors = useRead<Vectors>(`${path}/test-vectors`)
  const recipes = signatures.filter((one) => 'algorithm' in one)
  if (signatures.length === 0) return <Empty title="Deliveries of this dialect are not signed" />
  return (
    <>
      {signatures.map((one) =>
        'undescribed' in one ? (
          <Notice key={one.in} title={`The signature in ${one.in} has no description`}>
            The reason: {one.undescribed}. Verify it as the product&apos;s own pages say.
          </Notice>
        ) : null,
      )}
      {recipes.map((recipe, index) => (
        <Section key={index} title={signatureTitle(recipe)}>
          <ol className={styles.steps}>
            {recipeSteps(recipe).map((step) => (
              <li key={step}>{step}</li>
            ))}
          </ol>
          <Loaded read={snippets} what="the code">
            {(data) => (
              <CodeOf
                snippets={data[index]?.snippets ?? []}
                chosen={String(search['language'] ?? 'javascript')}
                choose={(language) => change({ language })}
              />
            )}
          </Loaded>
        </Section>
      ))}
      {recipes.length > 0 && (
        <Section
          title="Test vectors"
          actions={
            vectors.data && (
              <Button
                onClick={() =>
                  download(
                    `${name}-test-vectors.json`,
                    new Blob([JSON.stringify(vectors.data, null, 2)], { type: 'application/json' }),
                  )
                }
              >
                Download as JSON
              </Button>
            )
          }
        >
          <p>Deliveries with fixed secrets, for the tests of a receiver: it must accept or refuse each of them.</p>
          <Loaded read={vectors} what="the test vectors">
            {(data) => data.map((one, index) => <VectorTable key={index} of={one} />)}
          </Loaded>
        </Section>
      )}
    </>
  )
}

interface LoadedProps<Item> {
  readonly read: {
    readonly data: { readonly data: readonly Item[] } | undefined
    readonly error: unknown
    readonly refetch: () => unknown
  }
  readonly what: string
  readonly children: (data: readonly Item[]) => React.ReactNode
}

function Loaded<Item>({ read: { data, error, refetch }, what, children }: LoadedProps<Item>) {
  if (data !== undefined) return children(data.data)
  return error ? <Failure error={error} retry={() => void refetch()} /> : <Loading what={what} />
}

interface CodeOfProps {
  readonly snippets: Snippets['data'][number]['snippets']
  readonly chosen: string
  readonly choose: (language: string) => void
}

function CodeOf({ snippets, chosen, choose }: CodeOfProps) {
  const snippet = snippets.find(({ language }) => language === chosen) ?? snippets[0]
  if (snippet === undefined) return null
  const { language, code, needs } = snippet
  return (
    <div className={styles.code}>
      <div role="group" aria-label="Language" className={styles.languages}>
        {snippets.map((one) => (
          <Button
            key={one.language}
            kind={one.language === language ? 'main' : 'plain'}
            aria-pressed={one.language === language}
            onClick={() => choose(one.language)}
          >
            {languages[one.language]}
          </Button>
        ))}
      </div>
      {code === null ? (
        <Notice title={`There is no code for ${languages[language]}`}>It takes {needs}.</Notice>
      ) : (
        <>
          {needs !== null && <p>The code needs the package {needs}.</p>}
          <Code title={languages[language]}>{code}</Code>
        </>
      )}
    </div>
  )
}

function VectorTable({ of: { recipe, vectors } }: { readonly of: Vectors['data'][number] }) {
  return (
    <PlainTable
      label={`Test vectors of ${signatureTitle(recipe)}`}
      head={['Delivery', 'A receiver', 'Content']}
      rows={vectors.map((vector) => ({
        key: vector.title,
        cells: [
          vector.title,
          <Badge key="valid" tone={vector.isValid ? 'good' : 'bad'}>
            {vector.isValid ? 'accepts it' : 'refuses it'}
          </Badge>,
          <details key="content">
            <summary>Show</summary>
            <Code title={vector.title} isWrapped>
              {JSON.stringify(vector, null, 2)}
            </Code>
          </details>,
        ],
      }))}
    />
  )
}
