import { Page } from '../../../shared/parts/Page.tsx'

export function DialectPage() {
  return <Page title="DialectPage">{null}</Page>
}
