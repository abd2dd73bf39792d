import { createContext, type ReactNode, useContext, useEffect } from 'react'
import styles from './Page.module.css'
import { visible } from './visible.ts'

/** The name that ends the titles of documents. */
export const ProductContext = createContext('Posthorn')

/** Names the document in the browser: `Endpoints · Posthorn`. */
export function useDocumentTitle(name: string): void {
  const product = useContext(ProductContext)
  useEffect(() => {
    document.title = `${visible(name)} · ${visible(product)}`
  }, [name, product])
}

export interface PageProps {
  readonly title: ReactNode
  /** The name of the document in the browser, which says the object and the tab; default: the title. */
  readonly name?: string | undefined
  /** Where the page stands: links to the pages above it. */
  readonly above?: ReactNode
  /** One sentence below the title. */
  readonly lead?: ReactNode
  readonly actions?: ReactNode
  readonly children: ReactNode
}

/** The frame of a page. */
export function Page({ title, name, above, lead, actions, children }: PageProps) {
  useDocumentTitle(name ?? (typeof title === 'string' ? title : ''))
  return (
    <div className={styles.page}>
      <header className={styles.head}>
        <div className={styles.titles}>
          {above !== undefined && <div className={styles.above}>{above}</div>}
          <h1>{title}</h1>
          {lead !== undefined && <p className={styles.lead}>{lead}</p>}
        </div>
        {actions !== undefined && <div className={styles.actions}>{actions}</div>}
      </header>
      {children}
    </div>
  )
}

export interface SectionProps {
  readonly title?: ReactNode
  readonly actions?: ReactNode
  readonly children: ReactNode
}

/** A part of a page in a frame. */
export function Section({ title, actions, children }: SectionProps) {
  return (
    <section className={styles.section}>
      {(title !== undefined || actions !== undefined) && (
        <header className={styles.sectionHead}>
          <h2>{title}</h2>
          {actions}
        </header>
      )}
      {children}
    </section>
  )
}

/** Names and values, such as the fields of an object. */
export function Facts({ children }: { readonly children: ReactNode }) {
  return <dl className={styles.facts}>{children}</dl>
}

export function Fact({ name, children }: { readonly name: ReactNode; readonly children: ReactNode }) {
  return (
    <div className={styles.fact}>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  )
}
