import { useMemo } from 'react'
import { diffLines } from '../diff.ts'
import styles from './Diff.module.css'
import { Stranger } from './Stranger.tsx'

export interface DiffProps {
  readonly title: string
  readonly before: string
  readonly after: string
}

const signs = { same: ' ', removed: '−', added: '+' } as const
const words = { same: null, removed: 'removed: ', added: 'added: ' } as const

/** The difference of two texts, line by line. */
export function Diff({ title, before, after }: DiffProps) {
  const lines = useMemo(() => diffLines(before, after), [before, after])
  const isSame = lines.every(({ kind }) => kind === 'same')
  return (
    <figure className={styles.figure}>
      <figcaption className={styles.head}>
        {title}
        {isSame && ': no difference'}
      </figcaption>
      {!isSame && (
        <pre className={styles.text} tabIndex={0} aria-label={title}>
          {lines.map(({ kind, text }, index) => (
            <span key={index} className={`${styles.line} ${styles[kind]}`}>
              <span aria-hidden>{signs[kind]} </span>
              {words[kind] !== null && <span className={styles.word}>{words[kind]}</span>}
              <Stranger isBlock>{text}</Stranger>
            </span>
          ))}
        </pre>
      )}
    </figure>
  )
}
