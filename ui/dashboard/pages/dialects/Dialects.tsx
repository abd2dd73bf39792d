import { Page } from '../../../shared/parts/Page.tsx'

export function Dialects() {
  return <Page title="Dialects">{null}</Page>
}
