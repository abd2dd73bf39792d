import styles from './Stranger.module.css'
import { codeOf, inBlock, inLine } from './visible.ts'

export interface StrangerProps {
  readonly children: string
  /** Line breaks and tabs stay as they are. */
  readonly isBlock?: boolean
}

/** A text from outside, such as a name that a customer chose: hidden characters are shown by their code. */
export function Stranger({ children: text, isBlock = false }: StrangerProps) {
  return (
    <bdi>
      {text.split(isBlock ? inBlock : inLine).map((part, index) =>
        // Every other part is a run of hidden characters.
        index % 2 === 0 ? part : <Hidden key={index} text={part} />,
      )}
    </bdi>
  )
}

function Hidden({ text }: { readonly text: string }) {
  return Array.from(text, (letter, index) => (
    <span key={index} className={styles.code}>
      {codeOf(letter)}
    </span>
  ))
}

/** A link to an address from outside. An address that is not http or https is a text. */
export function StrangerLink({ url }: { readonly url: string }) {
  const isWeb = URL.canParse(url) && /^https?:$/.test(new URL(url).protocol)
  if (!isWeb) return <Stranger>{url}</Stranger>
  return (
    <a href={url} target="_blank" rel="noopener noreferrer nofollow">
      <Stranger>{url}</Stranger>
    </a>
  )
}
