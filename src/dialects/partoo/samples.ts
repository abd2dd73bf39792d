// The example payloads of tests, and of try-outs without a real event: one per event type, with the fields that the
// vendor's event pages list. They are constant, so that their bytes are always the same.

const business = {
  id: '5409c35a97bbc544d8e26737',
  created: 1409925979.5,
  modified: 1561335111.681374,
  code: 'CS-75019',
  status: 'open',
  org_id: 42,
  group_id: 23,
  name: 'Corner shop',
  address: '12 rue des Lilas',
  address_full: '12 rue des Lilas',
  address2: '',
  city: 'Paris',
  zipcode: '75019',
  region: 'Île-de-France',
  country: 'FR',
  default_lang: 'fr',
  open_hours: {
    monday: ['10:00-14:00'],
    tuesday: ['10:00-14:00'],
    wednesday: ['10:00-14:00'],
    thursday: ['10:00-14:00'],
    friday: ['10:00-14:00'],
    saturday: [],
    sunday: [],
  },
  specific_hours: {
    open: [{ starts_at: '2024-12-23', ends_at: '2024-12-24', open_hours: ['10:00-18:00'] }],
    close: [{ starts_at: '2024-12-25', ends_at: '2024-12-25' }],
  },
  description_short: 'A shop on the corner',
  description_long: 'A shop on the corner that has a bit of everything',
  website_url: 'https://example.com',
  facebook_url: null,
  twitter_url: null,
  lat: 48.8822,
  long: 2.3961,
  contacts: [{ name: 'Jane Doe', email: 'jane@example.com', phone_numbers: ['+33100000000'], fax: null }],
  subscriptions: {
    presence_management: { active: true },
    review_management: { active: false },
    review_booster: { active: false },
    messages: { active: false },
  },
  completion_rate: 77,
}

const message = {
  id: 123,
  conversation_id: 123,
  date: '2023-01-31 16:22:17.327878+00:00',
  content_type: 'Text',
  sender_type: 'User',
  sender_label: 'Jane Doe',
  status: 'Sending',
  is_deleted: false,
  content: 'Hello',
  user_id: 1,
  custom_channel: null,
}

const conversation = {
  id: 123,
  consumer_img: null,
  consumer_name: 'John Doe',
  business: { id: business.id },
  messaging_partner: 'Facebook',
  custom_channel: null,
}

const lead = {
  id: 1,
  source: 'chatbot',
  created_at: '2024-11-27T16:10:44.929678Z',
  chatbot_id: 1,
  chatbot_name: 'Jim',
  business_name: 'Partoo',
  store_code: 'Partoo123',
  values: [{ id: 1, type: 'TEXT', name: 'Your firstname', value: 'John' }],
}

// A new message comes from the consumer and has arrived.
const received = { ...message, sender_type: 'Consumer', sender_label: 'John Doe', status: 'Success', user_id: null }

/** The examples by event type. */
export const samples: Readonly<Record<string, unknown>> = {
  business_created: { business },
  business_updated: { business },
  business_deleted: { business },
  message_updated: { message, conversation, org_id: 123 },
  message_created: { message: received, conversation, org_id: 123 },
  lead_received: lead,
}
