import styles from './Brand.module.css'

export function Brand() {
  return (
    <span className={styles.brand}>
      <svg viewBox="0 0 32 32" className={styles.mark} aria-hidden="true">
        <circle cx="14" cy="17" r="8" />
        <path d="M14 9h9M28 4v10c-2.500-2.600-5-4-9-4.400M6 17v9" />
      </svg>
      Posthorn
    </span>
  )
}
