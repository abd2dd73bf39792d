import { Page } from '../../../shared/parts/Page.tsx'

export function OperatorKeys() {
  return <Page title="OperatorKeys">{null}</Page>
}
