// The event types of Storno.ro: family A has those of the reference pages, family B those of the concepts page and of
// the vendor's server. Sources: README.md in this folder.

type Entry = { readonly description: string; readonly category: string }

const of = <const Name extends string>(
  category: string,
  ...types: readonly (readonly [name: Name, description: string])[]
) =>
  Object.fromEntries(types.map(([name, description]) => [name, { description, category }])) as Readonly<
    Record<Name, Entry>
  >

export const eventsOfA = {
  ...of(
    'invoices',
    ['invoice.created', 'New invoice, entered or synced from ANAF'],
    ['invoice.updated', 'Invoice data, status or payments changed'],
    ['invoice.issued', 'Invoice issued'],
    ['invoice.submitted', 'Invoice sent to ANAF e-Factura'],
    ['invoice.validated', 'Outgoing invoice validated by ANAF'],
    ['invoice.rejected', 'Outgoing invoice rejected by ANAF'],
    ['invoice.cancelled', 'Invoice cancelled'],
    ['invoice.paid', 'Invoice paid in full'],
  ),
  ...of('payments', ['payment.created', 'Payment recorded'], ['payment.deleted', 'Payment removed']),
  ...of('clients', ['client.created', 'Client added'], ['client.updated', 'Client changed']),
  ...of('sync', ['sync.completed', 'ANAF sync finished'], ['sync.failed', 'ANAF sync failed']),
  ...of(
    'proforma',
    ['proforma.created', 'New proforma invoice'],
    ['proforma.accepted', 'Proforma invoice accepted by the client'],
    ['proforma.rejected', 'Proforma invoice rejected by the client'],
  ),
}

export const eventsOfB = {
  ...of(
    'invoice',
    ['invoice.created', 'New invoice'],
    ['invoice.updated', 'Invoice changed'],
    ['invoice.issued', 'Invoice issued'],
    ['invoice.validated', 'Invoice validated by ANAF'],
    ['invoice.rejected', 'Invoice rejected by ANAF'],
    ['invoice.sent_to_provider', 'Invoice sent to ANAF e-Factura'],
  ),
  ...of(
    'company',
    ['company.created', 'Company added'],
    ['company.updated', 'Company changed'],
    ['company.removed', 'Company removed'],
    ['company.restored', 'Removed company restored'],
    ['company.reset', 'Data of the company reset'],
  ),
  ...of(
    'sync',
    ['sync.started', 'ANAF sync started'],
    ['sync.completed', 'ANAF sync finished'],
    ['sync.error', 'ANAF sync failed'],
  ),
  ...of('payment', ['payment.received', 'Payment recorded']),
  ...of('anaf', ['anaf.token_created', 'ANAF token added']),
}
