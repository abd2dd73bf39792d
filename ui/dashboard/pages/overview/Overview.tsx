import { Page } from '../../../shared/parts/Page.tsx'

export function Overview() {
  return <Page title="Overview">{null}</Page>
}
