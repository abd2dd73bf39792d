import { Page } from '../../../shared/parts/Page.tsx'

export function System() {
  return <Page title="System">{null}</Page>
}
