import { Modal } from '../../shared/parts/Modal.tsx'
import type { Endpoint } from '../../shared/types.ts'
import { EndpointForm } from './EndpointForm.tsx'

export interface ChangeEndpointProps {
  readonly endpoint: Endpoint
  readonly path: string
  readonly onClose: () => void
}

export function ChangeEndpoint({ endpoint, path, onClose }: ChangeEndpointProps) {
  return (
    <Modal title="Edit the endpoint" isOpen onClose={onClose}>
      <EndpointForm before={endpoint} method="PATCH" path={path} action="Save" done={onClose} onCancel={onClose} />
    </Modal>
  )
}
