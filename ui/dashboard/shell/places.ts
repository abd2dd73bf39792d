/** The pages of the navigation. */
export const places = [
  { to: '/', title: 'Overview' },
  { to: '/deliveries', title: 'Deliveries' },
  { to: '/replays', title: 'Replays' },
  { to: '/endpoints', title: 'Endpoints' },
  { to: '/tenants', title: 'Tenants' },
  { to: '/dialects', title: 'Dialects' },
  { to: '/audit', title: 'Audit' },
  { to: '/operator-keys', title: 'Operator keys' },
  { to: '/system', title: 'System' },
] as const
