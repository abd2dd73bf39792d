import { useNavigate } from '@tanstack/react-router'
import { Modal } from '../../shared/parts/Modal.tsx'
import type { Endpoint } from '../../shared/types.ts'
import { useTenantPath } from '../shell/session.ts'
import { EndpointForm } from './EndpointForm.tsx'

export function NewEndpoint({ onClose }: { readonly onClose: () => void }) {
  const navigate = useNavigate()
  const path = useTenantPath()('/endpoints')
  const done = ({ id }: Endpoint): void => void navigate({ to: '/endpoints/$endpoint', params: { endpoint: id } })
  return (
    <Modal title="New endpoint" isOpen onClose={onClose}>
      <EndpointForm method="POST" path={path} action="Create endpoint" done={done} onCancel={onClose} />
    </Modal>
  )
}
