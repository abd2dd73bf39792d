import { Code } from './Code.tsx'
import { Notice } from './Notice.tsx'

/** A key that no page and no answer shows again. */
export function ShownOnce({ name, text }: { readonly name: string; readonly text: string }) {
  return (
    <>
      <Notice kind="warn" title="Copy it now: it is shown this once.">
        Posthorn stores a digest only.
      </Notice>
      <Code title={name} isWrapped>
        {text}
      </Code>
    </>
  )
}
