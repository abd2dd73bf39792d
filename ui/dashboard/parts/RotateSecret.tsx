import { type ReactNode, useState } from 'react'
import { operatorRequest } from '../../shared/http-request.ts'
import { ApiTwin } from '../../shared/parts/ApiTwin.tsx'
import { Ask, type Asked } from '../../shared/parts/Ask.tsx'
import { SelectField } from '../../shared/parts/fields.tsx'

const overlaps = [
  [0, 'not at all: the old secret ends now'],
  [3600, 'for 1 hour'],
  [86_400, 'for 1 day'],
  [604_800, 'for 7 days'],
] as const

export interface RotateSecretProps {
  /** The path of the operation. */
  readonly path: string
  readonly changes: readonly string[]
  readonly done: () => void
  /** The same in another API. */
  readonly twin?: (asked: Asked) => ReactNode
}

/** Adds a new secret. The old ones sign too, for a while. */
export function RotateSecret({ twin, ...props }: RotateSecretProps) {
  const [overlapSeconds, setOverlap] = useState(86_400)
  return (
    <Ask
      {...props}
      button="Rotate the secret"
      title="Rotate the secret?"
      action="Make a new secret"
      method="POST"
      body={{ overlapSeconds }}
      twins={{
        done: 'A new secret is made.',
        of: (asked) => (
          <>
            <ApiTwin
              title="Operator API"
              request={operatorRequest('POST', props.path, { overlapSeconds })}
              answer={asked.answer}
            />
            {twin?.(asked)}
          </>
        ),
      }}
    >
      <p>Deliveries are signed with a new secret from now on. Receivers must get it before the old one ends.</p>
      <SelectField
        label="The old secret signs too"
        value={overlapSeconds}
        onChange={({ target }) => setOverlap(Number(target.value))}
      >
        {overlaps.map(([seconds, text]) => (
          <option key={seconds} value={seconds}>
            {text}
          </option>
        ))}
      </SelectField>
    </Ask>
  )
}
