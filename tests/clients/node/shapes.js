// What each method answers, by the tables of the contract. Fields that the API has beyond
// those are listed at the end of each object, as its own.
'use strict';

const { oneOf, nullable, some, mapOf, either } = require('./schema');

const ID = /^\d+$/;
const COUNT = /^\d+$/;
const FLAG = /^[01]$/;
const MONEY = /^-?\d+\.\d{4}$/;
const CURRENCY = /^[A-Z]{3}$/;
const TIME = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/;
const DIGITS = /^\d+$/;

const list = (item) => ({ items: [item], totalItemCount: COUNT });
const named = { id: ID, name: 'str' };
const processed = { processed: [ID], notProcessed: [ID] };

const MESSAGE_STATUS = oneOf('NEW', 'ENQUEUD', 'ACCEPTD', 'PDLIVRD', 'DELIVRD', 'UNDELIV', 'REJECTD', 'EXPIRED', 'DELETED');
const MODERATION = oneOf('MODERATION', 'DECLINED', 'READY_FOR_SEND', 'AUTO_READY_FOR_SEND');

// §4

const tally = (status, cost = 'MsgCost') => ({ [`total${status}SegNum`]: COUNT, [`total${status}MsgNum`]: COUNT, [`total${status}${cost}`]: MONEY });

const counters = {
  campaignId: ID,
  updateTs: TIME,
  ...Object.assign({}, ...['New', 'Enqueud', 'Acceptd', 'Delivrd', 'Rejectd', 'Expired', 'Undeliv', 'Deleted', 'Unknown', 'Pdlivrd'].map((s) => tally(s))),
  ...tally('', 'Cost'),
  userCurrency: CURRENCY,
  recipientsRejected: COUNT,
  totalPartnerCost: 'null',
  partnerCurrency: 'null',
};

const sending = { validity: COUNT, mclass: FLAG, trackShortLinkRecipients: FLAG };

const campaign = {
  id: ID, userId: ID, partnerId: ID,
  type: /^[1237]$/,
  msgType: oneOf('SMS'),
  name: nullable('str'), from: 'str', text: 'str',
  moderationStatus: MODERATION, partnerModStatus: MODERATION, globalModStatus: MODERATION,
  commonStatus: oneOf('NEW', 'MODERATION', 'DECLINED', 'READY_FOR_SEND', 'AUTO_READY_FOR_SEND', 'RUNNING', 'SENT', 'DONE'),
  sendStatus: nullable(oneOf('SENT', 'DONE')),
  isDeleted: FLAG, deletedTs: nullable(TIME),
  rateLimit: nullable(COUNT), ratePeriod: nullable(COUNT),
  deferredToTs: nullable(TIME), createTs: nullable(TIME), startSendTs: nullable(TIME), endSendTs: nullable(TIME), expirationTs: nullable(TIME),
  creationWay: /^[125]$/,
  ...sending,
  extra: { ...sending, coding: 'str', charset: 'str', isTestAlphanameUsed: 'bool' },
  groups: nullable('str'),
  groupsList: [{ ...named, cardsCnt: COUNT }],
  globalComment: nullable('str'), moderationReason: nullable('str'), moderationReasonData: nullable('str'), usedStopListWords: nullable('str'),
  highlightedText: nullable('str'), isTemplateComment: nullable('str'), currency: nullable('str'), ids: nullable('str'),
  partnerModeratorId: nullable('str'), globalModeratorId: nullable('str'), recipientsSource: nullable('str'),
  onPartnerModeration: 'num', onGlobalModeration: 'num',
};

const campaignInfo = { ...campaign, counters };

const added = { recipient: nullable(DIGITS), code: 'num', messageId: nullable(ID) };

// §3

const sent = { campaignId: ID, messageId: ID, status: 'num' };

const message = {
  id: ID, campaignId: ID, segNum: COUNT, segUserBuy: MONEY,
  from: 'str', to: DIGITS, text: 'str', status: MESSAGE_STATUS, uuid: 'str',
  groups: nullable('str'), startSendTs: nullable(TIME), statusUpdateTs: nullable(TIME),
  countryA2: nullable(/^[A-Z]{2}$/), operatorName: nullable('str'), contactCardId: nullable(ID),
  userId: ID, partnerId: ID,
  contentProviderName: 'null', contentProviderId: 'null', usedStopListWords: 'null', segPartnerSell: 'null', segPartnerBuy: 'null',
  segSystemSell: 'null', segSystemBuy: 'null', systemCurrency: 'null',
  campaign: campaignInfo,
};

// §7

const communication = { value: 'str', type: oneOf('MAIN', 'ADDITIONAL', 'JOB', 'HOME') };

const card = {
  id: ID, userId: ID, isDeleted: FLAG, isAvailable: FLAG,
  fields: some({
    title: 'str', name: 'str', surname: 'str', birth_date: /^\d{4}-\d\d-\d\d$/, gender: oneOf('male', 'female'),
    company_name: 'str', company_url: 'str', info: 'str',
    mobile: {
      ...communication, countryA2: nullable('str'), countryName: nullable('str'), operatorId: nullable('str'), operator: nullable('str'),
      isMNP: FLAG, sourceOperatorId: nullable('str'), sourceOperatorName: nullable('str'),
    },
    email: communication, viber: communication, whatsapp: communication, landline: communication, skype: communication, telegram: communication,
    address: some({
      countryA2: 'str', country: 'str', regionId: 'str', region: 'str', cityId: 'str', city: 'str',
      postalcode: 'str', street: 'str', building: 'str', other: 'str',
    }),
    photo: /^data:image\/(png|jpeg|gif);base64,/, // own
  }),
  groups: [named],
};

const stopped = {
  id: ID, userId: ID, partnerId: ID, number: /^\d+(-\d+)?$/, ignoreSingle: oneOf('1'), level: /^[012]$/,
  createdByUserId: ID, createTs: TIME, isSystem: FLAG,
  comment: nullable('str'), countryA2: nullable('str'), operatorName: nullable('str'), createdByUserName: nullable('str'), createdByUserSurname: nullable('str'),
};

const alphaname = {
  id: ID, userId: ID, partnerId: ID, alphanameId: ID, isDefault: FLAG, globalStatus: /^[012]$/, partnerStatus: /^[012]$/,
  statusUpdateTs: TIME, createTs: TIME,
  alphaname: { id: ID, name: 'str', createTs: TIME, type: 'str' },
  details: { description: nullable('str') },
  description: nullable('str'), globalComment: nullable('str'), partnerComment: nullable('str'), dateExpiredGlobal: nullable('str'),
  isTemplateGlobalComment: nullable('str'), isTemplatePartnerComment: nullable('str'),
  globalModeratorUserId: nullable('str'), partnerModeratorUserId: nullable('str'),
  userProfile: mapOf('str'),
  alphanameDocs: ['str'],
};

// §9: ours

const shape = { encoding: oneOf('GSM-7', 'UCS-2'), length: 'num', forcedUcs2: ['str'] };
const bill = { total: MONEY, currency: CURRENCY, balance: MONEY, balanceAfter: MONEY };

const messagePreview = {
  recipient: DIGITS, from: 'str', countryA2: 'str', operatorName: nullable('str'), segments: 'num', ...shape, segPrice: MONEY, ...bill,
};
const campaignPreview = {
  messages: 'num', segments: 'num', ...shape, ...bill,
  prices: [{ countryA2: 'str', operatorName: nullable('str'), segPrice: MONEY, messages: 'num', segments: 'num', cost: MONEY }],
};

const step = {
  step: 'str', ts: nullable(TIME), description: 'str', status: nullable(MESSAGE_STATUS), amount: nullable(MONEY), currency: nullable(CURRENCY),
  segment: nullable(COUNT), carrier: nullable('str'), attempts: nullable(COUNT), inDoubt: nullable(COUNT), carrierMessageId: nullable('str'),
  errorCode: nullable('str'), webhookId: nullable(ID), attempt: nullable(COUNT), httpStatus: nullable(COUNT), durationMs: nullable(COUNT),
  problem: nullable('str'),
};

// Answers with code 0, 98 and 99, by method.
// §5

const link = {
  shortLink: 'str', id: ID, partnerId: ID, userId: ID, status: FLAG, moderatorStatus: FLAG, isTmp: FLAG, isCustom: FLAG, domainId: ID,
  clickCnt: COUNT, redirectCnt: COUNT, createTs: TIME, updateTs: TIME, code: 'str', fullLink: 'str',
  domain: nullable('str'), deletedTs: nullable(TIME), expirationDate: nullable('str'), realExpirationDate: nullable('str'),
  comment: nullable('str'), moderatorComment: nullable('str'), analyticsKey: nullable('str'),
};

const ofCampaign = { id: ID, code: 'str', fullLink: 'str', shortLink: 'str', clickCnt: COUNT, redirectCnt: COUNT, comment: nullable('str') };

const clicks = either('num', COUNT); // a filler is the number 0
const linkStats = {
  items: [{ param: /^\d{4}-\d\d/, clicks0: clicks, redirects0: clicks }],
  totals: { totalClicks0: 'num', totalRedirects0: 'num' },
};

const ANSWERS = {
  'message/sendSmsMessage': sent,
  'message/getSMSStatus': [{ id: ID, status: MESSAGE_STATUS, segNum: COUNT, startSendTs: nullable(TIME), statusUpdateTs: nullable(TIME) }],
  'message/list': list(message),
  'message/preview': messagePreview,
  'message/explain': { id: ID, status: MESSAGE_STATUS, clicks: nullable(COUNT), steps: [step] },

  'campaign/create': ID,
  'campaign/addRecipients': [either({ ...added, type: oneOf('number'), number: 'str' }, { ...added, type: oneOf('contact'), contact: 'str' })],
  'campaign/get': campaign,
  'campaign/getInfo': campaignInfo,
  'campaign/list': list(campaignInfo),
  'campaign/preview': campaignPreview,
  'campaign/test': sent,
  'campaign/send': 'num',
  'campaign/pause': 'bool',
  'campaign/resume': 'bool',
  'campaign/cancel': 'bool',
  'campaign/delete': 'bool',

  'link/create': { id: ID, code: 'str', shortLink: 'str' },
  'link/update': 'bool',
  'link/delete': processed,
  'link/get': link,
  'link/list': list(link),
  'link/getLinks': [ofCampaign],
  'link/getStats': linkStats,

  'user/getOwnBalance': { balance: MONEY, currency: CURRENCY },
  'taskQueue/getStatus': { progress: 'num', status: 'num' },
  'price/listPublic': {
    priceGroups: [{ id: 'str', countryA2: 'str', countryName: 'str', callingCode: DIGITS, currency: CURRENCY }],
    prices: [{ priceGroupId: 'str', operator: nullable('str'), price: MONEY }],
  },
  'alphaname/list': list(alphaname),

  'contactGroup/create': ID,
  'contactGroup/update': 'bool',
  'contactGroup/delete': processed,
  'contactGroup/list': list({ ...named, userId: ID, cardsCnt: COUNT, isHidden: FLAG, createTs: TIME }),
  'contactGroup/getCardsCount': COUNT,

  'contactCard/create': ID,
  'contactCard/update': 'bool',
  'contactCard/get': card,
  'contactCard/delete': 'bool',
  'contactCard/setGroups': 'bool',
  'contactCard/getGroups': [named],
  'contactCard/list': { ...list(card), fullListItemCount: COUNT },

  'numberStopList/create': either(ID, 'bool'), // a number's id; true for a range
  'numberStopList/delete': 'bool',
  'numberStopList/list': list(stopped),
};

const INVALID = mapOf(['str']); // field → what is wrong with it

// shapeOf is what a method's data is with a code (contract §2.1).
function shapeOf(method, code) {
  switch (code) {
    case 0: case 98: case 99: return ANSWERS[method];
    case 1: return INVALID;
    case 100: return 'num'; // the task
    default: return 'null';
  }
}

module.exports = { ANSWERS, shapeOf };
