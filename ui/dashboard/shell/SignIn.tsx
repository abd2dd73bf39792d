import { type FormEvent, useState } from 'react'
import { ApiProblem, call } from '../../shared/client.ts'
import { Button } from '../../shared/parts/Button.tsx'
import { FormFields, TextField } from '../../shared/parts/fields.tsx'
import { Notice } from '../../shared/parts/Notice.tsx'
import { useDocumentTitle } from '../../shared/parts/Page.tsx'
import { queryClient } from '../../shared/queries.ts'
import type { Session } from '../../shared/types.ts'
import { Brand } from './Brand.tsx'
import { sessionPath } from './session.ts'
import styles from './SignIn.module.css'

/** @param hasEnded the session ended while the page was open */
export function SignIn({ hasEnded }: { readonly hasEnded: boolean }) {
  useDocumentTitle('Sign in')
  const [key, setKey] = useState('')
  const [error, setError] = useState<string | undefined>()
  const [isBusy, setBusy] = useState(false)

  async function signIn(submit: FormEvent): Promise<void> {
    submit.preventDefault()
    setBusy(true)
    setError(undefined)
    try {
      queryClient.setQueryData([sessionPath, {}], await call<Session>('POST', sessionPath, { body: { key } }))
    } catch (problem) {
      setError(problem instanceof ApiProblem ? (problem.fields.get('key') ?? problem.message) : String(problem))
    } finally {
      setBusy(false)
    }
  }

  return (
    <main className={styles.place}>
      <form className={styles.card} onSubmit={(submit) => void signIn(submit)}>
        <Brand />
        <h1>Sign in</h1>
        {hasEnded && <Notice kind="warn">Your session has ended, or its key was revoked.</Notice>}
        <FormFields>
          <TextField
            label="Operator key"
            type="password"
            autoComplete="current-password"
            autoFocus
            required
            value={key}
            onChange={({ target }) => setKey(target.value)}
            error={error}
            hint={
              <>
                The key of the setting <code>POSTHORN_OPERATOR_KEY</code>, or one that an admin made. Without the
                setting, it is in the file <code>operator-key</code> beside the database.
              </>
            }
          />
          <Button kind="main" type="submit" isBusy={isBusy} disabled={key.trim() === ''}>
            Sign in
          </Button>
        </FormFields>
      </form>
    </main>
  )
}
