import { Link, useNavigate, useParams } from '@tanstack/react-router'
import { useState } from 'react'
import { Button } from '../../shared/parts/Button.tsx'
import { Code } from '../../shared/parts/Code.tsx'
import { Form, useForm } from '../../shared/parts/Form.tsx'
import { Modal } from '../../shared/parts/Modal.tsx'
import { Failure, Loading, Notice } from '../../shared/parts/Notice.tsx'
import { Fact, Facts, Page, Section } from '../../shared/parts/Page.tsx'
import { Health } from '../../shared/parts/Status.tsx'
import { Stranger } from '../../shared/parts/Stranger.tsx'
import { Time } from '../../shared/parts/Time.tsx'
import { useRead } from '../../shared/queries.ts'
import type { Endpoint } from '../../shared/types.ts'
import { useMay, useSession, useTenantPath } from '../shell/session.ts'
import { ChangeEndpoint } from './ChangeEndpoint.tsx'
import { DeliveryList } from './DeliveryList.tsx'
import { Recover } from './Recover.tsx'
import { TestEvent } from './TestEvent.tsx'
import { targetOf } from '../../shared/target.ts'

type Dialog = 'change' | 'delete' | 'rotate' | 'recover' | null

export function EndpointPage() {
  const { endpoint: id } = useParams({ from: '/endpoints/$endpoint' })
  const path = useTenantPath()(`/endpoints/${encodeURIComponent(id)}`)
  const may = useMay()
  const [dialog, setDialog] = useState<Dialog>(null)
  const { data: endpoint, error } = useRead<Endpoint>(path, {
    query: { secrets: 'hidden' },
    everyMs: 5_000,
  })
  if (endpoint === undefined) return error ? <Failure error={error} /> : <Loading what="the endpoint" />
  const close = (): void => setDialog(null)
  return (
    <Page
      title={<Stranger>{targetOf(endpoint)}</Stranger>}
      name={targetOf(endpoint)}
      above={<Link to="/">Endpoints</Link>}
      actions={<Actions endpoint={endpoint} path={path} open={setDialog} />}
    >
      {endpoint.health.reason !== null && (
        <Notice kind="bad" title={endpoint.enabled ? 'This endpoint fails.' : 'This endpoint is disabled.'}>
          <Stranger>{endpoint.health.reason}</Stranger>
        </Notice>
      )}
      <Section>
        <Facts>
          <Fact name="State">
            <Health enabled={endpoint.enabled} health={endpoint.health} />
          </Fact>
          <Fact name="Since">
            <Time at={endpoint.health.since} />
          </Fact>
          <Fact name="Attempts">{endpoint.attempts}</Fact>
          <Fact name="Last attempt">
            <Time at={endpoint.lastAttemptAt} />
          </Fact>
          {endpoint.description !== null && (
            <Fact name="Description">
              <Stranger>{endpoint.description}</Stranger>
            </Fact>
          )}
          {Object.entries(endpoint.filters).map(([name, values]) => (
            <Fact key={`filter ${name}`} name={<Stranger>{`Filter ${name}`}</Stranger>}>
              <Stranger>{[values].flat().join(' or ')}</Stranger>
            </Fact>
          ))}
          {Object.keys(endpoint.headers).length > 0 && (
            <Fact name="Headers">
              <Stranger>{Object.keys(endpoint.headers).join(', ')}</Stranger>
            </Fact>
          )}
          {Object.entries(endpoint.details).map(([name, value]) => (
            <Fact key={`detail ${name}`} name={<Stranger>{name}</Stranger>}>
              <Stranger>{typeof value === 'string' ? value : JSON.stringify(value)}</Stranger>
            </Fact>
          ))}
          <Fact name="Event types">
            {endpoint.eventTypes.map((type) => (
              <div key={type}>
                <code>
                  <Stranger>{type}</Stranger>
                </code>
              </div>
            ))}
          </Fact>
        </Facts>
      </Section>
      <Secrets endpoint={endpoint} path={path} />
      {may('sendTest') && <TestEvent path={path} isEnabled={endpoint.enabled} />}
      {may('listDeliveries') && (
        <Section title="Deliveries">
          <DeliveryList endpoint={id} />
        </Section>
      )}
      {dialog === 'change' && <ChangeEndpoint endpoint={endpoint} path={path} onClose={close} />}
      {dialog === 'delete' && <Delete path={path} onClose={close} />}
      {dialog === 'rotate' && <Rotate path={path} onClose={close} />}
      {dialog === 'recover' && <Recover path={path} onClose={close} />}
    </Page>
  )
}

interface ActionsProps {
  readonly endpoint: Endpoint
  readonly path: string
  readonly open: (dialog: Dialog) => void
}

function Actions({ endpoint, path, open }: ActionsProps) {
  const may = useMay()
  const turn = useForm<Endpoint>({
    method: 'PATCH',
    path,
    body: { enabled: !endpoint.enabled },
    changes: [path],
    done: () => {},
  })
  return (
    <>
      {may('replay') && <Button onClick={() => open('recover')}>Recover …</Button>}
      {may('rotateSecret') && <Button onClick={() => open('rotate')}>Replace secret …</Button>}
      {may('changeEndpoint') && (
        <>
          <Button isBusy={turn.isBusy} onClick={() => void turn.submit()}>
            {endpoint.enabled ? 'Disable' : 'Enable'}
          </Button>
          <Button onClick={() => open('change')}>Edit …</Button>
        </>
      )}
      {may('deleteEndpoint') && (
        <Button kind="danger" onClick={() => open('delete')}>
          Delete …
        </Button>
      )}
      {turn.problem !== null && <Failure error={turn.problem} />}
    </>
  )
}

/** The secrets are read when they are asked for, because each read is recorded. */
function Secrets({ endpoint, path }: { readonly endpoint: Endpoint; readonly path: string }) {
  const canSee = useSession().seesSecrets && endpoint.secrets.length > 0
  const [isShown, setShown] = useState(false)
  const { data, error } = useRead<Endpoint>(path, { isEnabled: canSee && isShown })
  if (!canSee) return null
  return (
    <Section
      title="Signing secret"
      actions={<Button onClick={() => setShown(!isShown)}>{isShown ? 'Hide' : 'Show'}</Button>}
    >
      {!isShown && (
        <p>
          Your server verifies with it that a request comes from us: <Link to="/verify">how to verify</Link>.
        </p>
      )}
      {isShown && error !== null && <Failure error={error} />}
      {isShown &&
        data?.secrets.map(({ value, createdAt, expiresAt }) => (
          <div key={createdAt}>
            <Code isWrapped>{value ?? ''}</Code>
            {expiresAt !== null && (
              <p>
                Signs too until <Time at={expiresAt} />.
              </p>
            )}
          </div>
        ))}
    </Section>
  )
}

interface DialogProps {
  readonly path: string
  readonly onClose: () => void
}

function Delete({ path, onClose }: DialogProps) {
  const navigate = useNavigate()
  const form = useForm<null>({
    method: 'DELETE',
    path,
    changes: [path.replace(/\/[^/]+$/, '')],
    done: () => void navigate({ to: '/' }),
  })
  return (
    <Modal title="Delete this endpoint?" isOpen onClose={onClose}>
      <Form form={form} action="Delete" kind="danger" onCancel={onClose}>
        <p>It gets no more events, and deliveries that wait are cancelled.</p>
      </Form>
    </Modal>
  )
}

function Rotate({ path, onClose }: DialogProps) {
  const form = useForm<Endpoint>({
    method: 'POST',
    path: `${path}/rotate-secret`,
    body: {},
    changes: [path],
    done: onClose,
  })
  return (
    <Modal title="Replace the signing secret?" isOpen onClose={onClose}>
      <Form form={form} action="Replace" onCancel={onClose}>
        <p>
          Requests are signed with the new secret at once. The present one signs too for a while, where the product
          allows it.
        </p>
      </Form>
    </Modal>
  )
}
