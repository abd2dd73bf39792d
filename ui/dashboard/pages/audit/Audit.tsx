import { Page } from '../../../shared/parts/Page.tsx'

export function Audit() {
  return <Page title="Audit">{null}</Page>
}
