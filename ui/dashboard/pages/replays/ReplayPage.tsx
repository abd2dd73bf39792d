import { Page } from '../../../shared/parts/Page.tsx'

export function ReplayPage() {
  return <Page title="ReplayPage">{null}</Page>
}
