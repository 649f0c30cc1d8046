// A consumer of NHS booking on a FHIR client that others wrote (fhir-kit-client): asks for the capability statement, searches slots,
// books one, reads it, cancels it, and searches again. Prints what it saw as JSON.
//
//     node booking.mjs SERVICE_ROOT
import { Buffer } from 'node:buffer';
import { randomUUID } from 'node:crypto';
import Client from 'fhir-kit-client';

const root = process.argv[2];
const profile = (name) => `https://fhir.hl7.org.uk/STU3/StructureDefinition/CareConnect-${name}-1`;
const odsSystem = 'https://fhir.nhs.uk/Id/ods-organization-code';
const numberSystem = 'https://fhir.nhs.uk/Id/nhs-number';
const nhsNumber = '1234554321';
const service = '2000005001';

const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');

/** The unsigned token of a request: `alg` none, an empty signature. */
function token(scope) {
  const iat = Math.floor(Date.now() / 1000);
  const claims = {
    iss: 'https://consumer.example.invalid/STU3',
    sub: '900000000001',
    aud: root,
    iat,
    exp: iat + 300,
    reason_for_request: 'directcare',
    requested_scope: scope,
    requesting_device: {
      resourceType: 'Device',
      identifier: [{ system: 'https://consumer.example.invalid/Id/device', value: 'DEVICE-1' }],
      model: 'A client',
      version: '1.9.2',
    },
    requesting_organization: {
      resourceType: 'Organization',
      identifier: [{ system: odsSystem, value: 'ZZ901' }],
      name: 'A consumer organisation',
    },
  };
  return `${part({ alg: 'none', typ: 'JWT' })}.${part(claims)}.`;
}

/** The header fields of one request. */
function headers(interaction, scope, more = {}) {
  return {
    Authorization: `Bearer ${token(scope)}`,
    'Ssp-TraceID': randomUUID(),
    'Ssp-From': '200000000359',
    'Ssp-To': '200000000360',
    'Ssp-InteractionID': `urn:nhs:names:services:careconnect:fhir:rest:${interaction}`,
    'X-Request-ID': randomUUID(),
    ...more,
  };
}

const inDays = (days) => new Date(Date.now() + days * 86_400_000).toISOString().replace(/\.\d+Z$/, '+00:00');

function appointment(slot) {
  return {
    resourceType: 'Appointment',
    meta: { profile: [profile('Appointment')] },
    language: 'en-GB',
    contained: [
      {
        resourceType: 'DocumentReference',
        id: 'doc',
        meta: { profile: [profile('DocumentReference')] },
        identifier: [{ system: 'https://tools.ietf.org/html/rfc4122', value: randomUUID() }],
        status: 'current',
        type: {
          coding: [
            {
              system: 'urn:oid:2.16.840.1.113883.2.1.3.2.4.18.17',
              code: 'POCD_MT200001GB02',
              display: 'Integrated Urgent Care Report',
            },
          ],
        },
        indexed: new Date().toISOString().replace('Z', '+00:00'),
        content: [{ attachment: { contentType: 'application/hl7-v3+xml', language: 'en' } }],
      },
      {
        resourceType: 'Patient',
        id: 'patient',
        meta: { profile: [profile('Patient')] },
        identifier: [
          {
            extension: [
              {
                url: 'https://fhir.hl7.org.uk/STU3/StructureDefinition/Extension-CareConnect-NHSNumberVerificationStatus-1',
                valueCodeableConcept: {
                  coding: [
                    {
                      system: 'https://fhir.hl7.org.uk/STU3/CodeSystem/CareConnect-NHSNumberVerificationStatus-1',
                      code: '01',
                      display: 'Number present and verified',
                    },
                  ],
                },
              },
            ],
            use: 'official',
            system: numberSystem,
            value: nhsNumber,
          },
        ],
        name: [{ use: 'official', family: 'Library', given: ['Pat'] }],
        telecom: [{ system: 'phone', value: '01632 960590', use: 'home', rank: 1 }],
        gender: 'unknown',
        birthDate: '1980-02-29',
        address: [{ use: 'home', line: ['2 Test Street'], city: 'Testville', postalCode: 'ZZ99 3WZ' }],
      },
      slot,
    ],
    status: 'booked',
    description: 'Booked with a client library (test data)',
    supportingInformation: [{ reference: '#doc' }],
    start: slot.start,
    end: slot.end,
    created: new Date().toISOString().replace('Z', '+00:00'),
    slot: [{ reference: `#${slot.id}` }],
    participant: [
      {
        actor: {
          reference: '#patient',
          identifier: { use: 'official', system: numberSystem, value: nhsNumber },
          display: 'Pat Library',
        },
        status: 'accepted',
      },
    ],
  };
}

const client = new Client({ baseUrl: root });
const entries = (bundle, type) => (bundle.entry ?? []).map((entry) => entry.resource).filter((found) => found.resourceType === type);
const status = (answer) => Client.httpFor(answer).response.status;

function search() {
  return client.search({
    resourceType: 'Slot',
    searchParams: {
      'schedule.actor:healthcareservice': service,
      start: [`ge${inDays(1)}`, `le${inDays(3)}`],
      status: 'free',
      _include: 'Slot:schedule',
      '_include:iterate': ['Schedule:actor:Practitioner', 'Schedule:actor:HealthcareService'],
    },
    options: { headers: headers('search:slot', 'organization/slot.read') },
  });
}

const capability = await client.capabilityStatement({ options: { headers: headers('read:metadata', 'organization/slot.read') } });
const before = await search();
const slot = entries(before, 'Slot')[0];
const booked = await client.create({
  resourceType: 'Appointment',
  body: appointment(slot),
  options: { headers: headers('create:appointment', 'patient/appointment.write') },
});
const read = await client.read({
  resourceType: 'Appointment',
  id: booked.id,
  options: { headers: headers('read:appointment', 'patient/appointment.read') },
});
const between = await search();
const again = await client
  .create({
    resourceType: 'Appointment',
    body: appointment(slot),
    options: { headers: headers('create:appointment', 'patient/appointment.write') },
  })
  .catch((refusal) => refusal);
const cancelled = await client.update({
  resourceType: 'Appointment',
  id: read.id,
  body: { ...read, status: 'cancelled' },
  options: { headers: headers('update:appointment', 'patient/appointment.write', { 'If-Match': `W/"${read.meta.versionId}"` }) },
});
const after = await search();
const offers = (bundle) => entries(bundle, 'Slot').some((other) => other.id === slot.id);

console.log(
  JSON.stringify({
    fhir: capability.fhirVersion,
    found: { status: status(before), total: before.total, slots: entries(before, 'Slot').length, schedules: entries(before, 'Schedule').length },
    booked: { status: status(booked), state: booked.status, version: booked.meta.versionId },
    location: Client.httpFor(booked).response.headers.get('location'),
    read: { same: read.id === booked.id, state: read.status, description: read.description },
    offered: { before: offers(before), between: offers(between), after: offers(after) },
    again: { status: again.response?.status, type: again.response?.data?.resourceType },
    cancelled: { status: status(cancelled), state: cancelled.status, version: cancelled.meta.versionId },
  }),
);
