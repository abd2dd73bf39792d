import styles from './Stranger.module.css'

/** Characters that are not seen, or that change the order of others: controls, joiners, direction marks, lone surrogates. */
const hidden = String.raw`[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029\u115f\u1160\u3164\uffa0]`
const inLine = new RegExp(`(${hidden}+)`, 'u')
/** Without line breaks and tabs. */
const inBlock = new RegExp(String.raw`((?:(?![\t\n\r])${hidden})+)`, 'u')

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
  return Array.from(text, (letter, index) => {
    const code = (letter.codePointAt(0) as number).toString(16).toUpperCase().padStart(4, '0')
    return <span key={index} className={styles.code}>{`U+${code}`}</span>
  })
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
