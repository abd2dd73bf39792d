import styles from './Stranger.module.css'

/** Characters that are not seen, or that change the order of others: controls, joiners, direction marks, lone surrogates. */
const hidden = /[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029\u115f\u1160\u3164\uffa0]/u

export interface StrangerProps {
  readonly children: string
  /** Line breaks and tabs stay as they are. */
  readonly isBlock?: boolean
}

/** A text from outside, such as a name that a customer chose: hidden characters are shown by their code. */
export function Stranger({ children: text, isBlock = false }: StrangerProps) {
  if (!hidden.test(text)) return <bdi>{text}</bdi>
  const parts = Array.from(text, (letter) => {
    const stays = !hidden.test(letter) || (isBlock && /[\t\n\r]/.test(letter))
    return stays ? letter : { code: (letter.codePointAt(0) as number).toString(16).toUpperCase().padStart(4, '0') }
  })
  return (
    <bdi>
      {parts.map((part, index) =>
        typeof part === 'string' ? part : <span key={index} className={styles.code}>{`U+${part.code}`}</span>,
      )}
    </bdi>
  )
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
