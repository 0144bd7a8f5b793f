from . import meta_person_report
